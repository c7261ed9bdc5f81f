"""Blackout windows: times of the week or of the day, by the wall clock, at which no tick starts a run."""

from __future__ import annotations

import re
from datetime import datetime

from attrs import frozen

from spine.core.errors import ScheduleError

_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_DAY = 24 * 60
_TIME = r"(?P<hour{n}>[0-9]{{1,2}}):(?P<minute{n}>[0-9]{{2}})"
_POINT = r"(?:(?P<day{n}>[A-Za-z]{{3}})\s+)?" + _TIME
_WINDOW = re.compile(_POINT.format(n=1) + r"\s*-\s*" + _POINT.format(n=2), re.ASCII)


@frozen
class Blackout:
    """A window from its start to just before its end, in minutes of a week, or of a day if it is `daily`."""

    text: str
    start: int
    end: int
    daily: bool

    def covers(self, wall: datetime) -> bool:
        """Return True if the wall-clock time lies within the window."""
        minute = wall.hour * 60 + wall.minute + (0 if self.daily else wall.weekday() * _DAY)
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def parse_blackout(text: str) -> Blackout:
    """Return the window for `22:00-02:00` (every day) or `Sat 22:00-Sun 06:00` (every week).

    Raises ScheduleError, also for a window of no length.
    """
    match = _WINDOW.fullmatch(text.strip())
    if match is None or (match["day1"] is None) != (match["day2"] is None):
        raise _refusal(text)
    start, end = _minute(match, 1, text), _minute(match, 2, text)
    daily = match["day1"] is None
    length = _DAY if daily else 7 * _DAY
    if start in (end, length):
        raise _refusal(text)
    return Blackout(text.strip(), start, end % length, daily)


def _minute(match: re.Match[str], number: int, text: str) -> int:
    hour, minute = int(match[f"hour{number}"]), int(match[f"minute{number}"])
    day = (match[f"day{number}"] or "MON").upper()
    midnight = number == 2 and hour == 24 and minute == 0
    if day not in _DAYS or minute > 59 or (hour > 23 and not midnight):
        raise _refusal(text)
    return _DAYS.index(day) * _DAY + hour * 60 + minute


def _refusal(text: str) -> ScheduleError:
    return ScheduleError(
        f'blackouts {text[:40]!r} is not a window: write "22:00-02:00" for every day or "Sat 22:00-Sun 06:00" for '
        "every week, with days Mon-Sun, times 00:00-23:59 and two different ends"
    )
