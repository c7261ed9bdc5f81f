"""Times, in the one form that all commands have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum

_NAMED_DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_CLOCKS_DIFFER = timedelta(seconds=2)  # between this machine and the database


def exact(moment: datetime, *, utc: bool = False) -> str:
    """Return a time with its date and zone, for what is read later: `2026-01-05 05:06:07 EST`."""
    return f"{_placed(moment, utc=utc):%Y-%m-%d %H:%M:%S %Z}"


class Length(Enum):
    """Length of a shown time: all of `today 05:06 EST, 3 min ago`, or the part before or after the comma."""

    FULL = "full"
    ABSOLUTE = "absolute"
    DISTANCE = "distance"


def relative(moment: datetime, now: datetime, *, utc: bool = False, length: Length = Length.FULL) -> str:
    """Return a time for a reader at `now`: `today 05:06 EST, 3 min ago`.

    It is in the zone of this machine, unless it has one of its own other than UTC, as the times of a schedule have.
    """
    if length is Length.DISTANCE:
        return distance(moment, now)
    placed = _placed(moment, utc=utc)
    days = (placed.date() - now.astimezone(placed.tzinfo).date()).days
    shown = f"{_NAMED_DAYS.get(days) or placed.date().isoformat()} {placed:%H:%M %Z}"
    return shown if length is Length.ABSOLUTE else f"{shown}, {distance(moment, now)}"


def distance(moment: datetime, now: datetime) -> str:
    """Return how far a time is from `now`: `3 min ago`, `in 2 h`, `now`."""
    passed = now - moment.astimezone(UTC)
    if abs(passed) < _CLOCKS_DIFFER:
        return "now"
    size = span(abs(passed))
    return f"{size} ago" if passed > timedelta() else f"in {size}"


def span(duration: timedelta) -> str:
    """Return a duration in its largest unit: `45 s`, `3 min`, `2 h`, `12 d`."""
    whole = int(duration.total_seconds())
    unit, size = next((item for item in _UNITS if whole >= item[1]), _UNITS[-1])
    return f"{whole // size:,} {unit}"


def _placed(moment: datetime, *, utc: bool) -> datetime:
    if utc:
        return moment.astimezone(UTC)
    has_zone = getattr(moment.tzinfo, "key", "UTC") != "UTC"  # that of a ZoneInfo, whose module costs 3 ms
    return moment if has_zone else moment.astimezone()
