"""Dates as texts of a fixed width, printed and parsed without the locale: `%Y-%m-%d`, `%Y%j`, `%G-W%V`."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

_WIDTHS = {"Y": 4, "m": 2, "d": 2, "j": 3, "G": 4, "V": 2, "u": 1}
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)


def check_format(pattern: object) -> None:
    """Raise ValueError unless `pattern` consists of text and the directives that this module knows."""
    if not isinstance(pattern, str) or not pattern:
        raise ValueError(f"the format of dates is {pattern!r}: it must be a text such as '%Y-%m-%d'")
    for letter in _DIRECTIVE.findall(pattern):
        if letter != "%" and letter not in _WIDTHS:
            known = ", ".join(f"%{known}" for known in _WIDTHS)
            raise ValueError(f"format {pattern!r} has %{letter}: use only {known} and %%")


def format_date(pattern: str, day: date) -> str:
    """Return `day` as text; years have four digits."""
    if pattern == "%Y-%m-%d":  # most have this one
        return day.isoformat()
    week_year, week, weekday = day.isocalendar()
    numbers = {
        "Y": day.year,
        "m": day.month,
        "d": day.day,
        "j": day.timetuple().tm_yday,
        "G": week_year,
        "V": week,
        "u": weekday,
    }
    return _DIRECTIVE.sub(lambda found: _digits(found[1], numbers), pattern)


def parse_date(pattern: str, text: str, weekday: int = 0) -> date | None:
    """Return the date that `format_date` prints as `text`; None if there is none.

    Without a day in the pattern it is the first of the month, and the `weekday` (0 is Monday) of an ISO week.
    """
    found = _expression(pattern).fullmatch(text)
    if found is None:
        return None
    numbers = {letter: int(digits) for letter, digits in found.groupdict().items()}
    try:
        day = _date(numbers, weekday)
    except (KeyError, ValueError, OverflowError):
        return None
    return day if format_date(pattern, day) == text else None


def _date(numbers: dict[str, int], weekday: int) -> date:
    if "V" in numbers:
        return date.fromisocalendar(numbers["G"], numbers["V"], numbers.get("u", weekday + 1))
    if "j" in numbers:
        return date(numbers["Y"], 1, 1) + timedelta(days=numbers["j"] - 1)
    return date(numbers["Y"], numbers.get("m", 1), numbers.get("d", 1))


def _digits(letter: str, numbers: dict[str, int]) -> str:
    return "%" if letter == "%" else f"{numbers[letter]:0{_WIDTHS[letter]}d}"


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of the texts; the first occurrence of a directive is a group."""
    parts, seen, end = [], set(), 0
    for found in _DIRECTIVE.finditer(pattern):
        parts.append(re.escape(pattern[end : found.start()]))
        letter, end = found[1], found.end()
        if letter == "%":
            parts.append("%")
        elif letter in seen:
            parts.append(f"(?P={letter})")
        else:
            seen.add(letter)
            parts.append(f"(?P<{letter}>[0-9]{{{_WIDTHS[letter]}}})")
    return re.compile("".join([*parts, re.escape(pattern[end:])]))
