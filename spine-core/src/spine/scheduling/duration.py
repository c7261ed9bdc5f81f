"""Lengths of time as people write them: `5m`, `1h30m`, `90s`, `2d`, `500ms`."""

from __future__ import annotations

import re
from datetime import timedelta

from spine.core.errors import ScheduleError

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_LONGEST = timedelta(days=36_500)
_TEXT = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,15}}){unit})?" for unit in _UNITS))


def parse_duration(text: str, field: str = "every") -> timedelta:
    """Return the length that `text` says: whole numbers with w, d, h, m, s or ms, the greatest unit first.

    `field` is what the ScheduleError calls it when the text is malformed, not above zero, or more than 100 years.
    """
    match = _TEXT.fullmatch(text.strip().lower()) if text.isascii() else None
    if match is None or not any(match.groups()):
        raise ScheduleError(
            f"{field} {text[:40]!r} is not a duration: write whole numbers with w, d, h, m, s or ms, "
            'as in "5m", "1h30m", "90s" or "2d"'
        )
    try:
        length = sum((int(match[unit] or 0) * size for unit, size in _UNITS.items()), timedelta())
    except OverflowError:
        length = _LONGEST * 2
    if not timedelta() < length <= _LONGEST:
        raise ScheduleError(f"{field} {text[:40]!r} is out of range: a duration is more than 0 and at most 100 years")
    return length


def format_duration(length: timedelta) -> str:
    """Return `length` as `parse_duration` reads it, without what is less than a millisecond."""
    parts, rest = [], length
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
