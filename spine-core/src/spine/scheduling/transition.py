"""Transitions: the moments at which the clocks of a zone change; zoneinfo does not list them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from attrs import frozen

from spine.scheduling.zone import offset_at

# No zone has changed its clocks twice within twelve hours since 1970.
_PROBE = timedelta(hours=12)
_SECOND = timedelta(seconds=1)
LONGEST_CHANGE = timedelta(hours=26)


@frozen
class Transition:
    """One change of a zone's offset: `at` in naive UTC, and the offsets `before` and `after` it."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def is_gap(self) -> bool:
        """True if clocks go forward, so that wall times are missing; otherwise some wall times occur twice."""
        return self.after > self.before

    @property
    def start(self) -> datetime:
        """The first wall time that is missing or occurs twice."""
        return self.at + min(self.before, self.after)

    @property
    def end(self) -> datetime:
        """The first wall time after `start` that occurs once."""
        return self.at + max(self.before, self.after)

    def touches(self, day: date) -> bool:
        """Return True if wall times of `day` are missing or occur twice, or `day` follows missing days."""
        last = self.end if self.is_gap else self.end - _SECOND
        return self.start.date() <= day <= last.date()

    def __str__(self) -> str:
        """Return `gap 02:00-03:00` or the like, with dates if it is not within one day."""
        pattern = "%H:%M" if self.start.date() == self.end.date() else "%Y-%m-%d %H:%M"
        kind = "gap" if self.is_gap else "repeat"
        return f"{kind} {self.start:{pattern}}-{self.end:{pattern}}"


def transitions(zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[Transition]:
    """Yield the changes later than `after` and not later than `until`, both naive UTC, in order."""
    for year in range(after.year, until.year + 1):
        for change in _of_year(zone, year):
            if after < change.at <= until:
                yield change


def transitions_on(zone: ZoneInfo, day: date) -> list[Transition]:
    """Return the changes that touch the local `day`, to mark it."""
    noon = datetime(day.year, day.month, day.day, 12)
    around = timedelta(days=3)
    return [change for change in transitions(zone, noon - around, noon + around) if change.touches(day)]


@lru_cache(maxsize=4096)
def _of_year(zone: ZoneInfo, year: int) -> tuple[Transition, ...]:
    if year >= datetime.max.year or year <= datetime.min.year:  # local times would not fit into a datetime
        return ()
    found = []
    here, end = datetime(year, 1, 1) - _SECOND, datetime(year + 1, 1, 1) - _SECOND
    offset = offset_at(zone, here)
    while here < end:
        there = min(here + _PROBE, end)
        later = offset_at(zone, there)
        if later != offset:
            found.append(Transition(_bisect(zone, here, there), offset, later))
        here, offset = there, later
    return tuple(found)


def _bisect(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the first whole second at which the offset of `low` no longer holds."""
    offset = offset_at(zone, low)
    while high - low > _SECOND:
        middle = low + ((high - low) // 2 // _SECOND) * _SECOND
        if offset_at(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high
