"""Business calendar of a file with holidays."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

from attrs import field, frozen

from spine.core.configured import configured_by
from spine.core.errors import ConfigError
from spine.core.plain_text import one_line
from spine.core.weekend import SATURDAY_AND_SUNDAY, weekday_numbers, weekend_days

MAX_BYTES = 2**20
_EXAMPLE = "write a date as 2026-12-24 at the beginning of the line"
_LINE_END = re.compile(r"\r\n?|\n")
_COLUMN_END = re.compile(r"[,;\s]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@frozen
class FileCalendarConfig:
    """The arguments of FileCalendar."""

    name: str
    path: str = field(
        converter=os.fspath,
        metadata={"help": "Text or CSV file with a date at the beginning of each line.", "path": True},
    )
    weekend: tuple[str, ...] = field(
        default=SATURDAY_AND_SUNDAY,
        converter=weekend_days,
        kw_only=True,
        metadata={"help": "Days of the week that are no business days, such as fri and sat."},
    )


class FileCalendar:
    """All days but the weekend and the dates of a file, which is read once.

    `covers_until` is the end of the last year with dates; 1 January alone does not make a year, as lists of holidays
    often end with the next new year. ConfigError, with the line, for a file that is not such a list.
    """

    @configured_by(FileCalendarConfig)
    def __init__(self, options: FileCalendarConfig) -> None:
        self.name = options.name
        self._weekend = weekday_numbers(options.weekend)
        self._closed = _read_dates(Path(options.path), f"calendar {options.name}: {options.path}")
        self.covers_until = date(_last_year(self._closed), 12, 31)

    def is_business_day(self, day: date) -> bool:
        """Return True for a day that is neither of the weekend nor in the file."""
        return day.weekday() not in self._weekend and day not in self._closed


def _read_dates(path: Path, where: str) -> frozenset[date]:
    first_line: dict[date, int] = {}
    for number, day in _dated_lines(_text(path, where), where):
        first_line.setdefault(day, number)
    if not first_line:
        raise ConfigError(f"{where} has no date: {_EXAMPLE}")
    _check_years(first_line, where)
    return frozenset(first_line)


def _text(path: Path, where: str) -> str:
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{where} is not a file: give a text or CSV file with dates")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) <= MAX_BYTES:
            return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where} is not UTF-8 text: save it as UTF-8", cause=error) from error
    except (OSError, ValueError) as error:  # ValueError: NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{one_line(where)} cannot be read: {reason}", cause=error) from error
    raise ConfigError(f"{where} has more than {MAX_BYTES:,} bytes: give a file with a date for each holiday only")


def _dated_lines(text: str, where: str) -> Iterator[tuple[int, date]]:
    """Yield each date with the number of its line; a first line without digits is the names of the columns."""
    is_first = True
    for number, line in enumerate(_LINE_END.split(text), 1):
        given = line.strip()
        if not given or given.startswith("#"):
            continue
        cell = _COLUMN_END.split(given, maxsplit=1)[0].strip("\"'")
        if not is_first or any(character.isdigit() for character in cell):
            yield number, _date(cell, f"{where}, line {number}")
        is_first = False


def _date(cell: str, where: str) -> date:
    if _DATE.fullmatch(cell) is None:
        raise ConfigError(f"{where}: {cell[:40]!r} is not a date: {_EXAMPLE}, or put # before a comment")
    try:
        return date.fromisoformat(cell)
    except ValueError as error:
        raise ConfigError(f"{where}: there is no {cell}: correct the date", cause=error) from error


def _check_years(first_line: dict[date, int], where: str) -> None:
    """Raise a ConfigError for a year without a date between two others: one is missing, or mistyped as 2062."""
    days = sorted(first_line)
    for before, after in pairwise(days):
        if after.year - before.year > 1:
            raise ConfigError(
                f"{where} has no date between {before} in line {first_line[before]} and {after} in line "
                f"{first_line[after]}: add those of {before.year + 1}, or correct the year"
            )


def _last_year(days: frozenset[date]) -> int:
    years = [day.year for day in days if (day.month, day.day) != (1, 1)]
    return max(years, default=max(day.year for day in days))
