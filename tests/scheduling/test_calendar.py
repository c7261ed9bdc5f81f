"""Business calendars: a tick on another day is skipped, with the reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from spine.core.errors import ScheduleError
from spine.plugins.errors import UnknownKindError
from spine.scheduling.calendar import Calendar, WeekdayCalendar
from spine.scheduling.due import due
from spine.scheduling.tick import Decision
from spine.scheduling.upcoming import upcoming
from spine.testing.conformance.calendar import CalendarConformance
from tests.scheduling.schedules import schedule

FRIDAY = datetime(2026, 11, 27, 12, tzinfo=UTC)


class TestWeekdayCalendar(CalendarConformance):
    def make_calendar(self) -> WeekdayCalendar:
        return WeekdayCalendar("weekdays")

    def known_days(self) -> dict[date, bool]:
        return {date(2026, 11, 27): True, date(2026, 11, 28): False}


def test_weekdays_are_monday_to_friday() -> None:
    calendar = WeekdayCalendar("weekdays")
    assert isinstance(calendar, Calendar)
    week = [date(2026, 11, 23) + timedelta(days=number) for number in range(7)]
    assert [calendar.is_business_day(day) for day in week] == [True] * 5 + [False] * 2


def test_a_tick_on_another_day_is_skipped_and_says_why() -> None:
    daily = schedule(cron="0 6 * * *", calendar="weekdays", misfire_grace_seconds=604_800)
    found = due(daily, FRIDAY, FRIDAY + timedelta(days=3))
    assert [tick.decision for tick in found] == [Decision.SKIPPED, Decision.SKIPPED, Decision.RUN]
    assert found[0].reason == "2026-11-28 is no business day of calendar weekdays"


def test_the_day_is_that_of_the_schedules_zone() -> None:
    """23:00 on Friday in New York is Saturday in UTC."""
    late = schedule(cron="0 23 * * FRI", timezone="America/New_York", calendar="weekdays", misfire_grace_seconds=86_400)
    [tick] = due(late, FRIDAY, FRIDAY + timedelta(days=1))
    assert (tick.scheduled_at.weekday(), tick.decision) == (5, Decision.RUN)


def test_moments_that_are_skipped_are_marked() -> None:
    marks = [item.blackout for item in upcoming(schedule(cron="0 6 * * *", calendar="weekdays"), FRIDAY, 3)]
    assert marks == [
        "2026-11-28 is no business day of calendar weekdays",
        "2026-11-29 is no business day of calendar weekdays",
        "",
    ]


def test_a_calendar_that_does_not_exist_is_named_with_the_closest() -> None:
    with pytest.raises(UnknownKindError, match="no plugin provides calendar type 'weekday'; did you mean 'weekdays'"):
        schedule(calendar="weekday")


def test_a_calendar_that_fails_is_a_schedule_error(monkeypatch: pytest.MonkeyPatch) -> None:
    daily = schedule(cron="0 6 * * *", calendar="weekdays")

    def fail(_calendar: object, _day: date) -> bool:
        raise OSError("no such file")

    monkeypatch.setattr(WeekdayCalendar, "is_business_day", fail)
    with pytest.raises(ScheduleError, match="calendar 'weekdays' failed for 2026-11-28: OSError: no such file"):
        due(daily, FRIDAY, FRIDAY + timedelta(days=1))
