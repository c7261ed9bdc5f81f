"""Business days as triggers, compared with a walk over the days that uses no code of Spine."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from spine.core.errors import ScheduleError
from spine.scheduling.business_day import BusinessDayTrigger, MovedTrigger, Period
from spine.scheduling.cron import CronTrigger
from spine.scheduling.schedule import Schedule
from spine.scheduling.trigger import ticks_between
from spine.scheduling.upcoming import upcoming

DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
SIX = time(6)


@frozen
class Closed:
    """Weekends and the days given are closed."""

    days: frozenset[date]

    def is_open(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.days


closed_days = st.sets(st.dates(date(2026, 1, 1), date(2026, 4, 30)), max_size=40).map(
    lambda days: Closed(frozenset(days))
)


def local(moments: list[datetime], zone: ZoneInfo = BERLIN) -> list[datetime]:
    return [moment.astimezone(zone).replace(tzinfo=None) for moment in moments]


def walk(day: date, step: int, calendar: Closed) -> date:
    while not calendar.is_open(day):
        day += step * DAY
    return day


def nth(start: date, end: date, number: int, calendar: Closed) -> date:
    """Return the n-th business day from `start`, or from `end` backwards."""
    step, day = (1, start) if number > 0 else (-1, end - DAY)
    for _ in range(abs(number) - 1):
        day = walk(day, step, calendar) + step * DAY
    return walk(day, step, calendar)


@given(closed_days, st.sampled_from([*range(-5, 0), *range(1, 6)]))
def test_the_nth_business_day_of_each_week(calendar: Closed, number: int) -> None:
    trigger = BusinessDayTrigger(number, Period.WEEK, SIX, calendar.is_open, BERLIN)
    mondays = [date(2025, 10, 6) + 7 * DAY * count for count in range(60)]
    days = {nth(monday, monday + 7 * DAY, number, calendar) for monday in mondays}
    start, end = datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 5, 31, tzinfo=UTC)
    wanted = sorted(datetime.combine(day, SIX) for day in days if date(2025, 12, 31) <= day < date(2026, 5, 31))
    assert local(list(ticks_between(trigger, start, end))) == wanted


@given(closed_days, st.sampled_from([-20, -2, -1, 1, 2, 10, 23]))
def test_the_nth_business_day_of_each_month(calendar: Closed, number: int) -> None:
    trigger = BusinessDayTrigger(number, Period.MONTH, SIX, calendar.is_open, BERLIN)
    firsts = [date(2025 + count // 12, count % 12 + 1, 1) for count in range(8, 24)]
    days = {nth(first, (first + 31 * DAY).replace(day=1), number, calendar) for first in firsts}
    start, end = datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 6, 30, tzinfo=UTC)
    wanted = sorted(datetime.combine(day, SIX) for day in days if date(2025, 12, 31) <= day < date(2026, 6, 30))
    assert local(list(ticks_between(trigger, start, end))) == wanted


@settings(max_examples=25)
@given(closed_days, st.booleans(), st.sampled_from(["0 6 * * *", "30 5,17 * * SAT,SUN", "0 6 1,15 * *", "0 6 * * MON"]))
def test_cron_times_on_closed_days_move_to_a_business_day(calendar: Closed, forward: bool, expression: str) -> None:
    cron = CronTrigger(expression, "Europe/Berlin")
    trigger = MovedTrigger(cron, forward, calendar.is_open)
    start, end = datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    raw = local(list(ticks_between(cron, start - 80 * DAY, end + 80 * DAY)))
    moved = {datetime.combine(walk(wall.date(), 1 if forward else -1, calendar), wall.time()) for wall in raw}
    wanted = sorted(wall for wall in moved if datetime(2025, 12, 1, 1) < wall <= datetime(2026, 6, 1, 2))
    assert local(list(ticks_between(trigger, start, end))) == wanted


def test_a_business_day_keeps_its_wall_time_when_the_clocks_change() -> None:
    schedule = Schedule(name="s", workflow="w", business_day=1, of="week", time="02:30", timezone="Europe/Berlin")
    found = list(ticks_between(schedule.trigger, datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)))
    assert [f"{moment:%m-%d %H:%M}" for moment in found] == ["03-23 01:30", "03-30 00:30"]


def test_a_year_without_a_business_day_is_an_error_and_no_endless_search() -> None:
    trigger = BusinessDayTrigger(1, Period.WEEK, SIX, lambda day: False, BERLIN)
    with pytest.raises(ScheduleError, match="no business day in the year"):
        trigger.next_after(datetime(2026, 1, 1, tzinfo=UTC))


def test_the_end_of_the_calendar_of_datetime_is_the_end_of_the_ticks() -> None:
    trigger = BusinessDayTrigger(1, Period.WEEK, SIX, lambda day: day.weekday() < 5, BERLIN)
    assert trigger.next_after(datetime(9999, 12, 30, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"business_day": 2, "time": "06:00"}, "business_day 2 needs its period and time"),
        ({"business_day": 2, "of": "week"}, "business_day 2 needs its period and time"),
        ({"business_day": 0, "of": "week", "time": "06:00"}, "write 1 to 5, or -1 to -5"),
        ({"business_day": 6, "of": "week", "time": "06:00"}, "write 1 to 5, or -1 to -5"),
        ({"business_day": 2, "of": "day", "time": "06:00"}, "of 'day' is not valid: use week, month"),
        ({"business_day": 2, "of": "month", "time": "6"}, "time '6' is no wall time"),
        ({"business_day": 2, "of": "month", "time": "06:00+01:00"}, "is no wall time"),
        ({"cron": "@daily", "of": "week"}, "of belongs to business_day"),
        ({"cron": "@daily", "time": "06:00"}, "time belongs to business_day"),
        ({"cron": "@daily", "business_day": 1, "of": "week", "time": "06:00"}, "cannot be given together"),
        ({"cron": "@daily", "on_holiday": "next"}, 'on_holiday = "next" moves the ticks of a cron expression'),
        ({"every": "1d", "calendar": "weekdays", "on_holiday": "next"}, "write cron and calendar"),
        ({"cron": "@daily", "calendar": "weekdays", "on_holiday": "later"}, "on_holiday 'later' is not valid"),
    ],
)
def test_rules_of_business_days_that_cannot_be_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Schedule(name="s", workflow="w", **options)
    assert sentence in str(caught.value)


def test_moved_ticks_are_marked_with_the_day_that_is_closed() -> None:
    schedule = Schedule(name="s", workflow="w", cron="0 6 1 * *", calendar="weekdays", on_holiday="next")
    found = upcoming(schedule, datetime(2026, 7, 15, tzinfo=UTC), 2)
    assert [(f"{item.local:%a %m-%d}", item.moved) for item in found] == [
        ("Mon 08-03", "from Sat 2026-08-01: calendar weekdays"),
        ("Tue 09-01", ""),
    ]
    assert not any(item.blackout for item in found)
