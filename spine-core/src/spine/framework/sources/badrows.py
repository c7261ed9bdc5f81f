"""Bad rows of a fetch: fail, quarantine or skip, and the limit on how many a fetch accepts."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from attrs import frozen

from spine.core.errors import InvalidConfigError, ParseError
from spine.formats.badrow import BadRow, OnBadRow
from spine.framework.rejects import Reject

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?) ?%")


class BadRowAction(str, Enum):
    """Action for a row that cannot be read."""

    FAIL = "fail"
    QUARANTINE = "quarantine"
    SKIP = "skip"


@frozen
class BadRowLimit:
    """Limit on bad rows: no more than `count`, and no more than `percent` of all rows."""

    count: int | None = None
    percent: float | None = None

    @classmethod
    def parse(cls, value: Any) -> BadRowLimit:
        """Return the limit for a number or a text such as `"2.5%"`; None is no limit."""
        if value is None:
            return cls()
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return cls(count=value)
        found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
        if found is None or float(found[1]) > 100:
            raise InvalidConfigError(
                "max_bad_rows",
                value,
                f'max_bad_rows {value!r} is not valid: give a number, or a percentage such as "5%"',
            )
        return cls(percent=float(found[1]))

    def __str__(self) -> str:
        return f"{self.count}" if self.percent is None else f"{self.percent:g}%"


class BadRows:
    """Bad rows of one fetch: counted, and kept as `rejects` if they are to be quarantined."""

    def __init__(self, source_name: str, action: BadRowAction, limit: BadRowLimit) -> None:
        self.count = 0
        self.rejects: list[Reject] = []
        self._source_name = source_name
        self._action = action
        self._limit = limit
        self._first: BadRow | None = None

    @property
    def handler(self) -> OnBadRow | None:
        """Function that readers call with each bad row; None makes them raise at the first one."""
        return None if self._action is BadRowAction.FAIL else self._add

    def take(self) -> list[Reject]:
        """Remove and return the rejects since the last call."""
        taken, self.rejects = self.rejects, []
        return taken

    def check(self, good: int) -> None:
        """Raise ParseError if there are too many bad rows for `good` good ones, or no good ones."""
        if not self.count:
            return
        if not good:
            raise ParseError(f"none of {self.count} rows can be read; the first: {self._first}")
        share = 100 * self.count / (good + self.count)
        if self._limit.percent is not None and share > self._limit.percent:
            raise self._too_many(f"{self.count} of {good + self.count} rows cannot be read ({share:.3g}%)")

    def _add(self, row: BadRow) -> None:
        self.count += 1
        self._first = self._first or row
        if self._action is BadRowAction.QUARANTINE:
            self.rejects.append(Reject(self._source_name, row.reason, row.raw, row.label, row.line_number))
        if self._limit.count is not None and self.count > self._limit.count:
            raise self._too_many(f"{self.count} rows cannot be read")

    def _too_many(self, found: str) -> ParseError:
        return ParseError(
            f"{found}, more than max_bad_rows = {self._limit} allows; the first: {self._first}; "
            "correct the file or raise the limit"
        )
