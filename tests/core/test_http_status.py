"""Classes of HTTP statuses."""

from __future__ import annotations

import pytest

from spine.core.http_status import StatusMeaning, meaning_of


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (100, StatusMeaning.REFUSED),
        (200, StatusMeaning.DONE),
        (299, StatusMeaning.DONE),
        (304, StatusMeaning.REDIRECT),
        (400, StatusMeaning.REFUSED),
        (407, StatusMeaning.PROXY_NOT_AUTHENTICATED),
        (499, StatusMeaning.REFUSED),
        (500, StatusMeaning.SERVER_FAULT),
        (599, StatusMeaning.SERVER_FAULT),
    ],
)
def test_a_status_that_is_not_in_the_table_means_what_its_class_does(status, meaning):
    assert meaning_of(status) is meaning


def test_statuses_that_can_succeed_later_are_retryable():
    assert [status for status in range(100, 600) if meaning_of(status).retryable] == [408, 425, 429, *range(500, 600)]


def test_statuses_about_credentials_are_marked():
    assert [status for status in range(100, 600) if meaning_of(status).is_about_credentials] == [401, 403, 407]
