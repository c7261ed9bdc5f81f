"""Durations in text form, such as `5m`, `1h30m`, `90s`, `2d` or `500ms`, and the types of settings that accept one."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Annotated

from spine.core.errors import ValidationError

Seconds = Annotated[float, timedelta(seconds=1)]
"""A number of seconds; a setting of this type may also be written as a duration. The same holds for the two below."""
Minutes = Annotated[float, timedelta(minutes=1)]
Days = Annotated[float, timedelta(days=1)]

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
LONGEST = timedelta(days=36_500)
_TEXT = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,15}}){unit})?" for unit in _UNITS))


def parse_duration(text: str) -> timedelta:
    """Return the duration that `text` states: whole numbers with w, d, h, m, s or ms, the greatest unit first.

    Raises ValidationError for a text that is malformed, not above zero, or more than 100 years.
    """
    match = _TEXT.fullmatch(text.strip().lower()) if text.isascii() else None
    if match is None or not any(match.groups()):
        raise ValidationError(
            f"{text[:40]!r} is not a duration: write whole numbers with w, d, h, m, s or ms, "
            'as in "5m", "1h30m", "90s" or "2d"'
        )
    try:
        length = sum((int(match[unit] or 0) * size for unit, size in _UNITS.items()), timedelta())
    except OverflowError:
        length = LONGEST * 2
    if not timedelta() < length <= LONGEST:
        raise ValidationError(f"{text[:40]!r} is out of range: a duration is more than 0 and at most 100 years")
    return length


def check_number(name: str, value: object, what: str) -> None:
    """Raise a ValidationError, about `what`, for a number that is not finite, or seconds of more than 100 years."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(f"{name} of {what} is {value}: give a finite number", field=name)
    is_length = name.endswith(("seconds", "timeout"))
    if is_length and isinstance(value, (int, float)) and value > LONGEST.total_seconds():
        raise ValidationError(f"{name} of {what} is {value:g}: give at most 100 years, in seconds", field=name)
