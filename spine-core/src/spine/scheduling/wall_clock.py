"""Conversion of wall-clock times to moments, across changes of the clock.

A wall time that is missing (a gap) is skipped, or shifted by the length of the gap as in RFC 5545 3.3.5: with the
offset from before the gap. One that occurs twice (a repeat) counts the first time or both times. Two wall times with
the same moment make one moment.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from spine.scheduling.transition import LONGEST_CHANGE, Transition, transitions
from spine.scheduling.zone import offset_at

NextWall = Callable[[datetime], datetime | None]
_SECOND = timedelta(seconds=1)


class Gap(str, Enum):
    """The rule for a wall time that is missing."""

    SKIP = "skip"
    SHIFT = "shift"


class Repeat(str, Enum):
    """The rule for a wall time that occurs twice."""

    FIRST = "first"
    BOTH = "both"


def next_moment(next_wall: NextWall, zone: ZoneInfo, gap: Gap, repeat: Repeat, after: datetime) -> datetime | None:
    """Return the first moment later than `after` (both naive UTC) whose wall time in `zone` is one of a sequence.

    `next_wall` returns the first wall time of the sequence that is later than the one it is given.
    """
    found = _next_existing(next_wall, zone, repeat, after)
    if gap is Gap.SHIFT and found is not None:
        return _next_shifted(next_wall, zone, after, found) or found
    return found


def is_second(zone: ZoneInfo, moment: datetime) -> bool:
    """Return True if the wall time at `moment`, naive UTC, occurred once before."""
    return moment.replace(tzinfo=UTC).astimezone(zone).fold == 1


def missing_walls(next_wall: NextWall, change: Transition) -> list[datetime]:
    """Return the wall times of the sequence that a gap skips or a repeat doubles."""
    found = []
    wall = next_wall(change.start - _SECOND)
    while wall is not None and wall < change.end:
        found.append(wall)
        wall = next_wall(wall)
    return found


def _next_existing(next_wall: NextWall, zone: ZoneInfo, repeat: Repeat, after: datetime) -> datetime | None:
    offset = offset_at(zone, after)
    wall = next_wall(after + offset)
    while wall is not None:
        moment = wall - offset
        change = next(transitions(zone, after, moment), None)
        if change is not None:
            after, offset = change.at, change.after
            wall = next_wall(after + offset - _SECOND)  # the change itself may be a moment of the sequence
        elif repeat is Repeat.FIRST and is_second(zone, moment):
            after, wall = moment, next_wall(wall)
        else:
            return moment
    return None


def _next_shifted(next_wall: NextWall, zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    for change in transitions(zone, after - LONGEST_CHANGE, until):
        if not change.is_gap:
            continue
        wall = next_wall(max(change.start - _SECOND, after + change.before))
        if wall is not None and wall < change.end:
            return min(wall - change.before, until)
    return None
