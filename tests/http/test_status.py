"""Statuses as typed errors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from spine.core.errors import AuthenticationError, RateLimitError, SpineError, TransientError, ValidationError
from spine.core.http_status import StatusMeaning
from spine.http.status import Refusals, status_error

NOW = datetime(2025, 12, 15, tzinfo=UTC)
REFUSALS: Refusals = {
    StatusMeaning.NOT_AUTHENTICATED: (AuthenticationError, "log in"),
    StatusMeaning.RATE_LIMITED: (RateLimitError, "slower"),
    StatusMeaning.SERVER_FAULT: (TransientError, "broken"),
    StatusMeaning.REFUSED: (ValidationError, "no"),
}


def error(status: int, headers: dict[str, str] | None = None, **options: Any) -> SpineError:
    return status_error(status, headers or {}, REFUSALS, lambda text: f"{status}: {text}", now=NOW, **options)


def test_the_row_of_its_meaning_decides_and_refused_is_for_the_rest() -> None:
    assert (type(error(401)), str(error(401))) == (AuthenticationError, "401: log in")
    assert (type(error(404)), str(error(404))) == (ValidationError, "404: no")
    assert (type(error(503)), str(error(503))) == (TransientError, "503: broken")


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (503, "7", 7),
        (503, "Mon, 15 Dec 2025 00:00:30 GMT", 30),
        (503, "9999", 3600),
        (503, "soon", None),
        (503, "", None),
        (429, "soon", 60),
        (404, "7", None),
    ],
)
def test_retry_after_is_taken_over_where_a_retry_can_help(status: int, header: str, seconds: float | None) -> None:
    assert error(status, {"retry-after": header}, longest_wait=3600).retry_after == seconds
