"""Blackout windows are read by the wall clock, from their start to just before their end."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ScheduleError
from spine.scheduling.blackout import parse_blackout


@pytest.mark.parametrize(
    ("window", "wall", "covered"),
    [
        ("22:00-02:00", "2026-11-23T21:59:59", False),
        ("22:00-02:00", "2026-11-23T22:00", True),
        ("22:00-02:00", "2026-11-24T01:59:59", True),
        ("22:00-02:00", "2026-11-24T02:00", False),
        ("09:00-17:00", "2026-11-23T12:00", True),
        ("09:00-17:00", "2026-11-23T17:00", False),
        ("22:00-24:00", "2026-11-23T23:59", True),
        ("22:00-24:00", "2026-11-24T00:00", False),
        ("Sat 22:00-Sun 06:00", "2026-11-28T22:00", True),
        ("Sat 22:00-Sun 06:00", "2026-11-29T05:59", True),
        ("Sat 22:00-Sun 06:00", "2026-11-29T06:00", False),
        ("Sat 22:00-Sun 06:00", "2026-11-27T23:00", False),
        ("fri 18:00 - mon 06:00", "2026-11-30T05:00", True),
        ("Sat 00:00-Sun 24:00", "2026-11-29T23:59", True),
        ("Sat 00:00-Sun 24:00", "2026-11-30T00:00", False),
    ],
)
def test_a_window_covers_its_start_and_not_its_end(window: str, wall: str, covered: bool) -> None:
    assert parse_blackout(window).covers(datetime.fromisoformat(wall)) is covered


@pytest.mark.parametrize(
    "text",
    [
        "",
        "22:00",
        "22-02",
        "25:00-26:00",
        "24:00-06:00",
        "22:60-23:00",
        "22:00-22:00",
        "Sat 22:00-06:00",
        "Xyz 1:00-Sun 2:00",
        "٢٢:00-02:00",
    ],
)
def test_what_is_no_window_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ScheduleError, match="is not a window: write"):
        parse_blackout(text)


@given(st.text("0123456789:- SatSunMon", max_size=24))
def test_hostile_text_gives_a_typed_error_or_a_window(text: str) -> None:
    try:
        window = parse_blackout(text)
    except ScheduleError:
        return
    walls = [datetime(2026, 11, 23 + day, hour) for day in range(7) for hour in range(24)]
    assert (
        not all(window.covers(wall.replace(minute=minute)) for wall in walls for minute in (0, 30, 59))
        or (window.start - window.end) % (24 * 60 * (1 if window.daily else 7)) < 31
    )
