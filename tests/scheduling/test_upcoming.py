"""Upcoming ticks are shown in local time and UTC, and days of clock changes are marked."""

from __future__ import annotations

from spine.scheduling.upcoming import upcoming
from tests.scheduling.schedules import schedule, utc


def test_a_day_of_changed_clocks_is_marked() -> None:
    daily = schedule(cron="30 2 * * *", timezone="America/New_York")
    found = upcoming(daily, utc("2026-03-07T00:00"), 3)
    assert [(f"{item.utc:%dT%H:%M}", item.local.isoformat(), item.mark) for item in found] == [
        ("07T07:30", "2026-03-07T02:30:00-05:00", ""),
        ("08T07:30", "2026-03-08T03:30:00-04:00", "gap 02:00-03:00"),
        ("09T06:30", "2026-03-09T02:30:00-04:00", ""),
    ]


def test_a_moment_in_a_blackout_tells_so() -> None:
    found = upcoming(schedule(blackouts=["01:00-02:00"]), utc("2026-03-07T00:00"), 2)
    assert [item.blackout for item in found] == ["01:00-02:00", ""]


def test_a_date_has_no_more_moments_than_one() -> None:
    once = schedule(at="2026-12-01T06:00")
    assert [item.utc for item in upcoming(once, utc("2026-11-23"), 10)] == [utc("2026-12-01T06:00")]
    assert upcoming(once, utc("2026-12-02"), 10) == []
