"""Triggers that depend on business days: the n-th one of a period, and cron times moved off holidays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from itertools import islice
from typing import Protocol
from zoneinfo import ZoneInfo

from attrs import frozen

from spine.core.errors import ScheduleError
from spine.scheduling.cron import CronTrigger
from spine.scheduling.wall_clock import Gap, Repeat, next_moment
from spine.scheduling.zone import naive_utc

IsOpen = Callable[[date], bool]
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_MOST_CLOSED = 366  # days in a row


class OnHoliday(str, Enum):
    """The rule for a tick on a day that is no business day."""

    SKIP = "skip"
    NEXT = "next"
    PREVIOUS = "previous"


class Period(str, Enum):
    """The period in which business days are counted; a week begins on Monday, as in ISO 8601."""

    WEEK = "week"
    MONTH = "month"


class WallTrigger(Protocol):
    """Trigger whose moments are wall times in a zone."""

    @property
    def zone(self) -> ZoneInfo: ...

    def next_after(self, moment: datetime) -> datetime | None: ...

    def next_wall(self, wall: datetime) -> datetime | None: ...


@frozen
class BusinessDayTrigger:
    """The business day `number` of each week or month, counted from its start, or from its end if negative.

    Where the period has fewer, counting goes on into the next one, or the one before.
    """

    number: int
    period: Period
    time: time
    is_open: IsOpen
    zone: ZoneInfo
    gap: Gap = Gap.SHIFT
    repeat: Repeat = Repeat.FIRST

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first moment later than `moment`, in UTC. Raises ScheduleError for a calendar that fails."""
        return _next_after(self, self.gap, self.repeat, moment)

    def next_wall(self, wall: datetime) -> datetime | None:
        """Return the first wall time later than `wall`, whether or not it exists in the zone."""
        start = self._start(wall.date())
        while self._wall(start) > wall:  # a day may be outside of its period
            start = self._start(start - _DAY)
        while (found := self._wall(start)) <= wall:
            start = self._next_start(start)
        return found

    def planned_for(self, wall: datetime) -> date:
        """Return the day of the tick at `wall` if only Saturdays and Sundays were closed."""
        start = self._start(wall.date())
        for _ in range(3):
            if self._wall(start) == wall:
                break
            start = self._start(start - _DAY) if self._wall(start) > wall else self._next_start(start)
        return self._nth(start, lambda day: day.weekday() < 5)

    def _wall(self, start: date) -> datetime:
        return datetime.combine(self._nth(start, self.is_open), self.time)

    def _nth(self, start: date, is_open: IsOpen) -> date:
        forward = self.number > 0
        first = start if forward else self._next_start(start) - _DAY
        return next(islice(open_days(first, 1 if forward else -1, is_open), abs(self.number) - 1, None))

    def _start(self, day: date) -> date:
        return day - day.weekday() * _DAY if self.period is Period.WEEK else day.replace(day=1)

    def _next_start(self, start: date) -> date:
        return start + 7 * _DAY if self.period is Period.WEEK else (start + 31 * _DAY).replace(day=1)


@frozen
class MovedTrigger:
    """The moments of a cron expression; those on closed days are moved to the business day after, or before.

    They keep their wall time; moments that meet are one.
    """

    cron: CronTrigger
    forward: bool
    is_open: IsOpen

    @property
    def zone(self) -> ZoneInfo:
        """Zone of the wall times."""
        return self.cron.zone

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first moment later than `moment`, in UTC. Raises ScheduleError for a calendar that fails."""
        return _next_after(self, self.cron.gap, self.cron.repeat, moment)

    def next_wall(self, wall: datetime) -> datetime | None:
        """Return the first wall time later than `wall`, whether or not it exists in the zone."""
        best: datetime | None = None
        for raw in self._raw(self._closed_before(wall.date()) if self.forward else wall):
            moved = self._moved(raw)
            if best is not None and (raw >= best if self.forward else moved.date() > best.date()):
                break  # neither this nor any later time is moved before it
            if moved > wall and (best is None or moved < best):
                best = moved
        return best

    def moved_from(self, wall: datetime) -> list[date]:
        """Return the closed days whose ticks were moved to `wall`."""
        step = -1 if self.forward else 1
        found, day = [], wall.date() + step * _DAY
        while not self.is_open(day):
            at = datetime.combine(day, wall.time())
            if self.cron.next_wall(at - _INSTANT) == at:
                found.append(day)
            day += step * _DAY
        return sorted(found)

    def _raw(self, after: datetime) -> Iterator[datetime]:
        wall = self.cron.next_wall(after)
        while wall is not None:
            yield wall
            wall = self.cron.next_wall(wall)

    def _closed_before(self, day: date) -> datetime:
        """Return the end of the last business day before `day`: later times may be moved to it, or are on it."""
        before = next(open_days(day - _DAY, -1, self.is_open))
        return datetime.combine(before + _DAY, time()) - _INSTANT

    def _moved(self, raw: datetime) -> datetime:
        day = next(open_days(raw.date(), 1 if self.forward else -1, self.is_open))
        return datetime.combine(day, raw.time())


def _next_after(trigger: WallTrigger, gap: Gap, repeat: Repeat, moment: datetime) -> datetime | None:
    try:
        found = next_moment(trigger.next_wall, trigger.zone, gap, repeat, naive_utc(moment))
    except (OverflowError, ValueError):  # the calendar of datetime ends with the year 9999
        return None
    return None if found is None else found.replace(tzinfo=UTC)


def open_days(day: date, step: int, is_open: IsOpen) -> Iterator[date]:
    """Yield the business days from `day` on; ScheduleError if a year has none."""
    closed = 0
    while closed < _MOST_CLOSED:
        closed += 1
        if is_open(day):
            closed = 0
            yield day
        day += step * _DAY
    raise ScheduleError(f"the calendar has no business day in the year until {day}: correct its dates")
