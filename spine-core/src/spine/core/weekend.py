"""The weekend as an option of calendars: `["sat", "sun"]`."""

from __future__ import annotations

from collections.abc import Iterable

from spine.core.errors import InvalidConfigError
from spine.core.suggest import did_you_mean

SATURDAY_AND_SUNDAY = ("sat", "sun")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def weekend_days(given: Iterable[str]) -> tuple[str, ...]:
    """Return the days in lower case; InvalidConfigError for one that does not exist, and for all seven."""
    days = tuple(str(day).lower() for day in ([given] if isinstance(given, str) else given))
    for day in days:
        if day not in _DAYS:
            close = did_you_mean(day, _DAYS)
            hint = close if close.startswith("; did") else ""
            sentence = f"weekend {day[:40]!r} is not valid: use {', '.join(_DAYS)}{hint}"
            raise InvalidConfigError("weekend", day, sentence)
    if len(set(days)) == len(_DAYS):
        raise InvalidConfigError("weekend", given, "weekend has all seven days: leave out those on which you work")
    return days


def weekday_numbers(days: Iterable[str]) -> frozenset[int]:
    """Return the days as `date.weekday()` counts them, from 0 for Monday."""
    return frozenset(_DAYS.index(day) for day in days)
