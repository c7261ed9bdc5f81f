"""Ranges of cells, such as B3:F200."""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen

from spine.core.errors import InvalidConfigError

_RANGE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6}):([A-Z]{1,3})([1-9]\d{0,6})?", re.IGNORECASE)


@frozen
class Area:
    """Rectangle of cells; numbers begin with 0 and the last ones are included, `bottom` None for the last row."""

    top: int
    left: int
    bottom: int | None
    right: int

    @classmethod
    def parse(cls, text: Any) -> Area:
        """Return the area of a text such as B3:F200 or B3:F; another text is an InvalidConfigError."""
        match = _RANGE.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise InvalidConfigError("range", text, f"range {text!r} is not valid: give cells such as B3:F200 or B3:F")
        left, top, right, bottom = match.groups()
        area = cls(int(top) - 1, column_number(left), None if bottom is None else int(bottom) - 1, column_number(right))
        if area.right < area.left or (area.bottom is not None and area.bottom < area.top):
            raise InvalidConfigError("range", text, f"range {text!r} ends before it begins: give the upper left first")
        return area

    def holds(self, row: int, column: int) -> bool:
        """Return whether a cell is inside."""
        below_last = self.bottom is not None and row > self.bottom
        return row >= self.top and not below_last and self.left <= column <= self.right


def column_number(letters: str) -> int:
    """Return the number of a column from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell, such as B3."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"
