"""Inference of the types of text columns from all their cells; a type is chosen only if no cell loses information."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spine.core.tables import require_arrow
from spine.formats.columntypes import PATTERNS, ColumnType
from spine.formats.convert import convert, is_text, without_nulls

if TYPE_CHECKING:
    import pyarrow as pa

# Stricter than what a schema accepts: `007`, `1e5`, a number of 20 digits and one of 16 significant digits stay text.
_EXACTLY = {
    "bool": "(?i:true|false)",
    "int64": r"0|-?[1-9]\d{0,17}",
    "float64": r"-?(0|[1-9]\d*)(\.\d+)?",
    "date": PATTERNS["date"],
    "timestamp": PATTERNS["timestamp"],
}
_DIGITS_OF_A_DOUBLE = 15  # significant digits that a double always keeps


class Inference:
    """The inference of types that fit all cells of a sequence of tables."""

    def __init__(self, null_values: Sequence[str] = ()) -> None:
        self._null_values = null_values
        self._possible: dict[str, list[str]] = {}
        self._seen: set[str] = set()

    def see(self, table: pa.Table) -> None:
        """Include the cells of another table."""
        for name, column in zip(table.column_names, table.columns, strict=True):
            if not is_text(column):
                continue
            possible = self._possible.setdefault(name, list(_EXACTLY))
            if not possible:
                continue
            text = without_nulls(column, ColumnType("int64"), self._null_values).drop_null()
            if len(text):
                self._seen.add(name)
                self._possible[name] = [kind for kind in possible if _fits(text, kind)]

    def types(self) -> dict[str, ColumnType]:
        """Return the type of each column; one without a single value is text."""
        return {
            name: ColumnType(possible[0] if possible and name in self._seen else "string")
            for name, possible in self._possible.items()
        }


def _fits(text: Any, kind: str) -> bool:
    pa, compute = require_arrow("Type inference"), require_arrow("Type inference", "pyarrow.compute")
    if not compute.all(compute.match_substring_regex(text, rf"\A(?:{_EXACTLY[kind]})\z")).as_py():
        return False
    if kind == "float64":
        digits = compute.utf8_length(compute.replace_substring_regex(text, "[^0-9]", ""))
        if compute.max(digits).as_py() > _DIGITS_OF_A_DOUBLE:
            return False
    return not convert(pa.table({"cells": text}), {"cells": ColumnType(kind)})[1]
