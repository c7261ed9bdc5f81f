"""The wait before another attempt."""

from __future__ import annotations

import pytest

from spine.core.backoff import backoff


def test_the_wait_doubles_up_to_the_longest():
    assert [backoff(attempt, 1, 10) for attempt in range(1, 7)] == [1, 2, 4, 8, 10, 10]


def test_another_factor():
    assert [backoff(attempt, 0.5, 100, factor=3) for attempt in range(1, 4)] == [0.5, 1.5, 4.5]


@pytest.mark.parametrize(("first", "expected"), [(1, 60), (0, 0)])
def test_an_attempt_beyond_all_numbers(first, expected):
    assert backoff(1_000_000, first, 60) == expected
