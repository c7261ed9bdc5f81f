"""Rows that did not pass a check, as JSON values with secrets masked."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from spine.core.kept_text import REJECT_CHARACTERS, kept_text
from spine.core.secrets import MASK, names_a_secret

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE_ROWS = 5
_SAMPLE_COLUMNS = 20
_VALUE_CHARACTERS = 200


def sample_of(table: pa.Table, columns: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the first rows with at most 20 columns, those that were checked first; long values are cut."""
    known = list(dict.fromkeys(name for name in (*columns, *table.column_names) if name in table.column_names))
    rows = rows_of(table.slice(0, SAMPLE_ROWS).select(known[:_SAMPLE_COLUMNS]), _VALUE_CHARACTERS)
    return [{kept_text(name, _VALUE_CHARACTERS): value for name, value in row.items()} for row in rows]


def rows_of(table: pa.Table, longest: int = REJECT_CHARACTERS) -> list[dict[str, Any]]:
    """Return rows whose values are texts of at most `longest` characters, numbers, booleans or None.

    Values of columns that are named like secrets are masked.
    """
    columns = {name: _values(table[name], longest) for name in table.column_names}
    for name in columns:
        if names_a_secret(name):
            columns[name] = [None if value is None else MASK for value in columns[name]]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def json_text(row: Mapping[str, Any]) -> str:
    """Return a row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False)


def _values(column: pa.ChunkedArray, longest: int) -> list[Any]:
    return [_value(scalar, longest) for scalar in column]  # a sample, or the rows that are set aside


def _value(scalar: pa.Scalar, longest: int) -> Any:
    try:
        value = scalar.as_py()
    except (ValueError, OverflowError):  # a time that Python does not have
        value = str(scalar.cast("string"))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**63:
        return value
    if isinstance(value, float) and value - value == 0:
        return value
    return kept_text(_text(value), longest)


def _text(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return json.dumps(_without_secrets(value), ensure_ascii=False, default=str)
    return value if isinstance(value, str) else str(value)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            str(key): MASK if names_a_secret(str(key)) and item is not None else _without_secrets(item)
            for key, item in value.items()
        }
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value
