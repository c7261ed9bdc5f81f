"""Durations are read in their one notation, and no other text is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.duration import parse_duration
from spine.core.errors import ValidationError


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
def test_an_invalid_duration_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(ValidationError, match="duration") as caught:
        parse_duration(text)
    assert len(str(caught.value)) < 200


@given(st.integers(0, 36_000), st.integers(0, 23), st.integers(0, 59), st.integers(1, 999))
def test_a_duration_that_is_written_is_read_again(days: int, hours: int, minutes: int, milliseconds: int) -> None:
    length = timedelta(days=days, hours=hours, minutes=minutes, milliseconds=milliseconds)
    assert parse_duration(f"{days}d{hours}h{minutes}m{milliseconds}ms") == length
