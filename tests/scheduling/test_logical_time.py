"""Times and intervals of ticks, compared with a walk over a year that uses no code of Spine."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from spine.scheduling.calendar import WeekdayCalendar
from spine.scheduling.logical_time import is_tick, previous_tick, tick_time
from spine.scheduling.schedule import Schedule
from spine.scheduling.trigger import ticks_between

DAY = timedelta(days=1)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
HOLIDAYS = {date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 25), date(2026, 12, 25)}


def is_open(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


@pytest.fixture
def holidays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WeekdayCalendar, "is_business_day", lambda _self, day: is_open(day))


def moment_of(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Return the moment of a wall time: the first of two, and the one after a gap."""
    return datetime.combine(day, wall, zone).astimezone(UTC)


def days(first: date, count: int) -> list[date]:
    return [first + number * DAY for number in range(count)]


@pytest.mark.usefixtures("holidays")
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("wall", [time(0), time(2, 30), time(6)])
def test_a_year_of_nightly_ticks_on_business_days_leaves_no_time_out(zone: str, wall: time) -> None:
    schedule = Schedule(
        name="s", workflow="w", cron=f"{wall.minute} {wall.hour} * * *", timezone=zone, calendar="weekdays"
    )
    at = ZoneInfo(zone)
    wanted = [moment_of(day, wall, at) for day in days(date(2025, 12, 20), 380) if is_open(day)]
    start, end = datetime(2025, 12, 29, 12, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
    ticks = [tick for tick in ticks_between(schedule.trigger, start, end) if schedule.closed_at(tick) is None]
    assert ticks == [moment for moment in wanted if start < moment <= end]
    for before, tick in pairwise(wanted):
        if start < tick <= end:
            told = tick_time(schedule, tick)
            assert (told.interval_start, told.scheduled_at, told.interval_end) == (before, tick, tick)
            assert str(told.scheduled_at.tzinfo) == zone


@pytest.mark.parametrize(
    ("options", "scheduled_at", "before"),
    [
        ({"every": "90s"}, "2026-03-01T00:01:30", "2026-03-01T00:00:00"),
        ({"cron": "0 0 29 2 *"}, "2028-02-29T00:00:00", "2024-02-29T00:00:00"),
        ({"cron": "*/5 * * * *", "blackouts": ["22:00-02:00"]}, "2026-03-01T02:00:00", "2026-02-28T21:55:00"),
        ({"business_day": 2, "of": "week", "time": "06:00"}, "2026-03-03T06:00:00", "2026-02-24T06:00:00"),
        ({"cron": "0 6 * * SAT", "calendar": "weekdays", "on_holiday": "next"}, "2026-03-02T06:00", "2026-02-23T06:00"),
        ({"at": "2026-03-01T06:00:00"}, "2026-03-01T06:00:00", "2026-03-01T06:00:00"),
    ],
)
def test_the_interval_of_a_tick_begins_with_the_tick_before_that_runs(
    options: dict[str, str], scheduled_at: str, before: str
) -> None:
    schedule = Schedule(name="s", workflow="w", **options)
    moment = datetime.fromisoformat(scheduled_at).replace(tzinfo=UTC)
    assert is_tick(schedule, moment)
    told = tick_time(schedule, moment)
    assert told.interval_start.replace(tzinfo=None) == datetime.fromisoformat(before)
    assert told.interval_end == told.scheduled_at == moment


def test_a_schedule_that_never_ran_before_has_no_previous_tick() -> None:
    schedule = Schedule(name="s", workflow="w", cron="0 6 * * SAT", calendar="weekdays")
    assert previous_tick(schedule, datetime(2026, 3, 1, tzinfo=UTC)) is None
