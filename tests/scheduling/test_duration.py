"""Durations are read as people write them, and nothing else is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ScheduleError
from spine.scheduling.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5m", 300), ("1h30m", 5400), ("90s", 90), ("2d", 172_800), ("1w", 604_800), ("100ms", 0.1), (" 2H ", 7200)],
)
def test_a_duration_is_the_sum_of_its_parts(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "5", "m", "-5m", "5m1h", "1.5h", "5 m", "5min", "\u0665m", "0s", "0d0h", "9" * 15 + "w", "9" * 400 + "s"],
)
def test_what_is_no_duration_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(ScheduleError, match=r"^every .*(duration).*") as caught:
        parse_duration(text)
    assert len(str(caught.value)) < 200


@given(st.integers(1, 10**12))
def test_a_duration_that_is_written_is_read_again(milliseconds: int) -> None:
    length = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(length)) == length
