"""The fields of a cron expression: their allowed values and their normal form.

The grammar is crontab(5) of Vixie cron, with `L` (last day of the month), `5L` (its last Friday) and `MON#2` (its
second Monday) in addition. Two forms that Vixie cron reads in an unexpected way are refused: a step after a single
number (`0/15`), and a step that is wider than the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import field, frozen

from spine.core.errors import ScheduleError

_LONGEST = 1000
_STEP = re.compile(r"(?P<range>.+)/(?P<step>[0-9]{1,4})")
_RANGE = re.compile(r"(?P<first>[0-9A-Z]{1,4})-(?P<last>[0-9A-Z]{1,4})")
_LAST = re.compile(r"(?P<day>[0-9A-Z]{1,3})L")
_NTH = re.compile(r"(?P<day>[0-9A-Z]{1,4})#(?P<nth>[1-5])")


@frozen
class CronField:
    """One of the five fields: its name, its least and greatest number, and the names it accepts as well as numbers."""

    name: str
    least: int
    greatest: int
    names: Mapping[str, int] = field(factory=dict)
    special: str = ""

    def normal(self, text: str) -> str:
        """Return `text` in numbers only, for cronsim; a ScheduleError names the field and its allowed values."""
        if len(text) > _LONGEST:
            raise ScheduleError(f"cron {self.name} is longer than {_LONGEST} characters; {self.allowed}")
        if not text.isascii():  # the upper case of a dotless i is an I
            raise self._refusal(text)
        return ",".join(self._term(term, text) for term in text.upper().split(","))

    @property
    def allowed(self) -> str:
        """The allowed values, for error messages."""
        names = f" or {next(iter(self.names))}-{list(self.names)[-1]}" if self.names else ""
        return f"use {self.least}-{self.greatest}{names}, *, lists, ranges and steps{self.special}"

    def _term(self, term: str, text: str) -> str:
        if special := self._special(term, text):
            return special
        if step := _STEP.fullmatch(term):
            span, width = self._range(step["range"], text), self._step(step["step"], text)
            return span if span.isdigit() else f"{span}/{width}"  # cronsim reads 5/2 as 5-59/2
        return self._range(term, text) if "-" in term or term == "*" else str(self._number(term, text))

    def _special(self, term: str, text: str) -> str | None:
        if self is DAY_OF_MONTH and term == "L":
            return term
        if self is not DAY_OF_WEEK or term in self.names:
            return None
        if last := _LAST.fullmatch(term):
            return f"{self._number(last['day'], text)}L"
        if nth := _NTH.fullmatch(term):
            return f"{self._number(nth['day'], text)}#{nth['nth']}"
        return None

    def _range(self, term: str, text: str) -> str:
        if term == "*":
            return term
        match = _RANGE.fullmatch(term)
        if match is None:
            raise self._refusal(text)
        first, last = self._number(match["first"], text), self._number(match["last"], text)
        if self is DAY_OF_WEEK and last == 0 < first:
            last = 7  # FRI-SUN: at the end of a range Sunday is 7, as in cronie
        if last < first:
            raise self._refusal(text)
        return f"{first}-{last}" if first < last else str(first)

    def _step(self, digits: str, text: str) -> int:
        step = int(digits)
        if not 1 <= step <= self.greatest:
            raise self._refusal(text)
        return step

    def _number(self, term: str, text: str) -> int:
        number = self.names.get(term, -1)
        if term.isascii() and term.isdigit() and len(term) <= 4:
            number = int(term)
        if not self.least <= number <= self.greatest:
            raise self._refusal(text)
        return number

    def _refusal(self, text: str) -> ScheduleError:
        return ScheduleError(f"cron {self.name} {text[:40]!r} is not valid: {self.allowed}")


def _numbered(names: str, first: int) -> dict[str, int]:
    return {name: number for number, name in enumerate(names.split(), first)}


MINUTE = CronField("minute", 0, 59)
HOUR = CronField("hour", 0, 23)
DAY_OF_MONTH = CronField("day of month", 1, 31, special=", or L for the last day")
MONTH = CronField("month", 1, 12, _numbered("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC", 1))
DAY_OF_WEEK = CronField(
    "day of week", 0, 7, _numbered("SUN MON TUE WED THU FRI SAT", 0), ", FRI#2 for the second or 5L for the last one"
)
FIELDS = (MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK)
