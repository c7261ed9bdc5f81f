"""Intervals, counted from an anchor and not from the start of a scheduler."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import Attribute, field, frozen

from spine.core.duration import parse_duration
from spine.core.errors import ScheduleError, ValidationError
from spine.scheduling.zone import naive_utc

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _above_zero(_: object, __: Attribute[Any], value: timedelta) -> None:
    if value <= timedelta():
        raise ScheduleError(f"every {value} is not valid: an interval is more than zero")


def _aware(_: object, __: Attribute[Any], value: datetime) -> None:
    if value.utcoffset() is None:
        raise ScheduleError(f"anchor {value.isoformat()} has no timezone: write one, as in 2026-01-01T00:00+00:00")


def parse_every(text: str) -> timedelta:
    """Return the duration that `every` states; raise ScheduleError for any other text."""
    try:
        return parse_duration(text)
    except ValidationError as error:
        raise ScheduleError(f"every {error}") from error


@frozen
class IntervalTrigger:
    """The moments `anchor + n * every`, for whole n of either sign: the same ones for every scheduler."""

    every: timedelta = field(validator=_above_zero)
    anchor: datetime = field(default=EPOCH, validator=_aware)

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first of the moments that is later than `moment`, in UTC."""
        anchor = naive_utc(self.anchor)
        count = (naive_utc(moment) - anchor) // self.every + 1
        try:
            return (anchor + count * self.every).replace(tzinfo=UTC)
        except OverflowError:  # the calendar of datetime ends with the year 9999
            return None
