"""Nested values of rows as texts: JSON, or what the dialect writes for a column of its own list type."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from spine.core.jsonvalue import to_json_value

ListWriters = Callable[[], Mapping[str, Callable[[Any], str]]]
"""Function that returns, by column, how the table stores a list; called only if a row holds one."""

_NESTED = (dict, list, tuple)


def json_text(value: Any, where: str) -> str:
    """Return a nested value as JSON text; ValidationError, naming the place below `where`, if it has none."""
    return json.dumps(to_json_value(value, where), ensure_ascii=False)


def with_texts(
    target: str, rows: list[Mapping[str, Any]], writers: ListWriters, *, first: int = 1
) -> list[Mapping[str, Any]]:
    """Return rows with texts in the place of dicts, lists and tuples; `first` is the number of the first row."""
    nested = nested_columns(rows)
    if not nested:
        return rows
    own = writers()
    return [
        {**row, **{name: _text(row[name], own.get(name), f"row {number} for {target}, {name}") for name in nested}}
        for number, row in enumerate(rows, first)
    ]


def nested_columns(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the names of the columns that hold a dict, a list or a tuple."""
    return {name for row in rows for name, value in row.items() if isinstance(value, _NESTED)}


def _text(value: Any, write: Callable[[Any], str] | None, where: str) -> Any:
    if not isinstance(value, _NESTED):
        return value
    return json_text(value, where) if write is None or isinstance(value, dict) else write(value)
