"""A date fires once, at the moment its text names in the schedule's zone."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ScheduleError
from spine.scheduling.one_shot import DateTrigger, parse_moment
from spine.scheduling.wall_clock import Gap

AT = datetime(2026, 12, 1, 6, tzinfo=UTC)


def test_a_date_fires_once() -> None:
    trigger = DateTrigger(AT)
    assert trigger.next_after(AT - timedelta(microseconds=1)) == AT
    assert trigger.next_after(AT) is None


@pytest.mark.parametrize(
    ("text", "timezone", "moment"),
    [
        ("2026-12-01T06:00", "UTC", "2026-12-01T06:00"),
        ("2026-12-01 06:00", "America/New_York", "2026-12-01T11:00"),
        ("2026-12-01T06:00:30+01:00", "America/New_York", "2026-12-01T05:00:30"),
        ("2026-12-01T06:00Z", "Asia/Tokyo", "2026-12-01T06:00"),
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30"),
        ("2026-03-08T02:30", "America/New_York", "2026-03-08T07:30"),
    ],
)
def test_a_text_without_an_offset_is_wall_time(text: str, timezone: str, moment: str) -> None:
    assert parse_moment(text, timezone) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


def test_a_missing_wall_time_is_refused_where_gaps_are_skipped() -> None:
    with pytest.raises(ScheduleError, match="does not exist in America/New_York, where clocks go forward"):
        parse_moment("2026-03-08T02:30", "America/New_York", Gap.SKIP)
    assert parse_moment("2026-11-01T01:30", "America/New_York", Gap.SKIP).hour == 5


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-12-01", "2026-13-01T06:00", "2026-12-01T25:00", "\0", "9" * 500]
)
def test_what_is_no_date_and_time_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="is not a date and time: write it as in"):
        parse_moment(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00+10:00"])
def test_the_ends_of_the_calendar_are_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="is out of range"):
        parse_moment(text, "America/New_York")


@given(st.text(max_size=40))
def test_hostile_text_gives_a_typed_error_or_a_moment(text: str) -> None:
    with contextlib.suppress(ScheduleError):
        assert parse_moment(text, "Asia/Tokyo").tzinfo is UTC
