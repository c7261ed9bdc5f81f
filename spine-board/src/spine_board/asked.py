"""Values that a request asks a page for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from spine.core.errors import ValidationError

_LONGEST = 500
_MOST = 2**53


@frozen
class Asked:
    """The parts of the path and the query of a request, and who sent it."""

    path: Mapping[str, str] = field(factory=dict)
    query: Mapping[str, str] = field(factory=dict)
    location: str = "/"

    def text(self, name: str) -> str:
        """Return a value of the query without spaces at its ends; empty if it is not given."""
        return self.query.get(name, "").strip()[:_LONGEST]

    def choice(self, name: str, choices: Sequence[str], default: str = "") -> str:
        """Return a value of the query that is one of `choices`, else the default."""
        given = self.text(name)
        return given if given in choices else default

    def number(self, name: str, default: int, *, least: int = 0) -> int:
        """Return a number of the query; ValidationError for what is none."""
        given = self.text(name)
        if not given:
            return default
        if given.lstrip("-").isascii() and given.lstrip("-").isdigit() and least <= int(given) < _MOST:
            return int(given)
        raise ValidationError(f"{name}={given!r:.40} is no number that this page can use", field=name, value=given)


@frozen
class Sorting:
    """Order of a table: the column, and if it descends; a link in each column's head asks for another one.

    `name` is that of the value in the query: tables of one page have one each.
    """

    column: str
    descends: bool
    columns: Sequence[str]
    name: str = "sort"

    @classmethod
    def of(cls, asked: Asked, columns: Sequence[str], default: str = "", name: str = "sort") -> Sorting:
        """Return the order of `?sort=column`, or `?sort=-column` for a descending one; without one the given order."""
        given = asked.text(name) or default
        column = given.removeprefix("-")
        if column not in columns:
            given, column = default, default.removeprefix("-")
        return cls(column, given.startswith("-"), columns, name)

    def apply(self, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return rows in this order; those without a value are last."""
        there = [row for row in rows if row.get(self.column) is not None]
        try:
            found = sorted(there, key=lambda row: row[self.column], reverse=self.descends)
        except TypeError:  # values of several types
            found = sorted(there, key=lambda row: str(row[self.column]), reverse=self.descends)
        return [*found, *(row for row in rows if row.get(self.column) is None)]

    def link_of(self, column: str) -> str:
        """Return the value of `sort` that a click on a column's head asks for."""
        return f"-{column}" if column == self.column and not self.descends else column

    def aria(self, column: str) -> str:
        """Return the order of a column for screen readers."""
        if column != self.column:
            return "none"
        return "descending" if self.descends else "ascending"
