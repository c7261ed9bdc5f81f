"""Cron by brute force: every minute is looked at, with nothing of Spine or cronsim."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def matcher(expression: str) -> Callable[[datetime], bool]:
    """Return a function that says whether a wall time is one of the expression's."""
    minute, hour, day, month, weekday = expression.split()
    minutes, hours, months = _numbers(minute, 0, 59), _numbers(hour, 0, 23), _numbers(month, 1, 12)
    both = day.startswith("*") or weekday.startswith("*")

    def matches(wall: datetime) -> bool:
        if wall.minute not in minutes or wall.hour not in hours or wall.month not in months:
            return False
        found = _day_matches(day, wall), _weekday_matches(weekday, wall)
        return all(found) if both else any(found)

    return matches


def expected(
    expression: str, zone: ZoneInfo, start: datetime, end: datetime, *, shift: bool, both: bool
) -> list[datetime]:
    """Return the moments of [start, end), whole minutes in UTC, in order."""
    matches = matcher(expression)
    found = set()
    moment = start
    while moment < end:
        local = moment.astimezone(zone)
        if (both or local.fold == 0) and matches(local.replace(tzinfo=None)):
            found.add(moment)
        moment += MINUTE
    if shift:
        found |= {moment for moment in _shifted(matches, zone, start, end) if start <= moment < end}
    return sorted(found)


def _shifted(matches: Callable[[datetime], bool], zone: ZoneInfo, start: datetime, end: datetime) -> set[datetime]:
    found = set()
    wall = start.replace(tzinfo=None) - timedelta(hours=27)
    while wall < end.replace(tzinfo=None) + timedelta(hours=27):
        if matches(wall):
            moment = wall.replace(tzinfo=zone).astimezone(UTC)  # PEP 495: fold 0 has the offset before a gap
            if moment.astimezone(zone).replace(tzinfo=None) != wall:
                found.add(moment)
        wall += MINUTE
    return found


def _day_matches(text: str, wall: datetime) -> bool:
    last = calendar.monthrange(wall.year, wall.month)[1]
    return any(wall.day == last if term == "L" else wall.day in _numbers(term, 1, 31) for term in text.split(","))


def _weekday_matches(text: str, wall: datetime) -> bool:
    last = calendar.monthrange(wall.year, wall.month)[1]
    today = (wall.weekday() + 1) % 7

    def term_matches(term: str) -> bool:
        if "#" in term:
            name, nth = term.split("#")
            return _number(name) % 7 == today and (wall.day - 1) // 7 + 1 == int(nth)
        if term.endswith("L"):
            return _number(term[:-1]) % 7 == today and wall.day + 7 > last
        return today in {number % 7 for number in _numbers(term, 0, 7)}

    return any(term_matches(term) for term in text.split(","))


def _numbers(text: str, least: int, greatest: int) -> set[int]:
    found: set[int] = set()
    for term in text.split(","):
        span, _, step = term.partition("/")
        first, _, last = span.partition("-")
        if first == "*":
            low, high = least, greatest
        else:
            low = _number(first)
            high = _number(last) if last else low
        found |= set(range(low, high + 1, int(step or 1)))
    return found


def _number(text: str) -> int:
    return _DAYS.index(text) if text in _DAYS else int(text)
