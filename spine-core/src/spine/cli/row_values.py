"""Values of rows in the forms that files can hold."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import field, frozen

if TYPE_CHECKING:
    import pyarrow as pa

_NESTED = (dict, list, tuple)


@frozen
class Written:
    """Names of the columns that the file holds in another form: NaN as null, nested values as JSON text."""

    nan_as_null: set[str] = field(factory=set)
    json_text: set[str] = field(factory=set)

    def to_dict(self) -> dict[str, list[str]]:
        """Return the columns of each form that occurred."""
        found = {"nan_as_null": sorted(self.nan_as_null), "json_text": sorted(self.json_text)}
        return {form: columns for form, columns in found.items() if columns}


class UnwritableError(Exception):
    """A value that a file cannot hold."""

    def __init__(self, column: str, problem: str) -> None:
        super().__init__(problem)
        self.column = column
        self.problem = problem


def holds_null(value: Any) -> bool:
    """Return True for a value that a file of text holds as null: None and NaN."""
    return value is None or (isinstance(value, (float, Decimal)) and math.isnan(value))


def cell_text(column: str, value: Any, written: Written) -> str | None:
    """Return a value as the text of a CSV cell: that which a `schema` of its type reads."""
    if isinstance(value, _NESTED):
        written.json_text.add(column)
        return json.dumps(json_value(column, value, written), ensure_ascii=False)
    plain = json_value(column, value, written)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(value, Decimal) and plain is not None:
        return format(value, "f")
    return None if plain is None else str(plain)


def json_value(column: str, value: Any, written: Written) -> Any:
    """Return a value as JSON holds it: numbers and texts as they are, other scalars as ISO or decimal text."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return _checked(column, value)
    if isinstance(value, (float, Decimal)):
        return _number(column, value, written)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [json_value(column, item, written) for item in value]
    if isinstance(value, Mapping):
        return {_key(column, key): json_value(column, item, written) for key, item in value.items()}
    raise UnwritableError(column, f"holds {type(value).__name__}, which a file of text cannot hold: write .parquet")


def for_arrow(rows: list[dict[str, Any]], written: Written) -> pa.Table:
    """Return rows as an Arrow table, in which a nested column that Arrow would change is JSON text."""
    from spine.core.tables import as_table

    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    for name, values in columns.items():
        if any(isinstance(value, _NESTED) for value in values) and not _is_kept(values):
            written.json_text.add(name)
            columns[name] = [_nested_text(name, value, written) for value in values]
    return as_table([dict(zip(names, cells, strict=True)) for cells in zip(*columns.values(), strict=True)])


def _nested_text(column: str, value: Any, written: Written) -> Any:
    return json.dumps(json_value(column, value, written), ensure_ascii=False) if value is not None else None


def _is_kept(values: list[Any]) -> bool:
    import pyarrow as pa
    from pyarrow import parquet

    from spine.core.tables import arrow_array

    try:
        array = arrow_array(values)
        parquet.write_table(pa.table({"v": array.slice(0, 1)}), pa.BufferOutputStream())  # no empty objects
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return False
    return _same(values, array.to_pylist())


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (list, tuple)):
        is_list = isinstance(other, list) and len(one) == len(other)
        return is_list and all(map(_same, one, other))
    if isinstance(one, dict):
        is_dict = isinstance(other, dict) and one.keys() == other.keys()
        return is_dict and all(_same(item, other[key]) for key, item in one.items())
    return type(one) is type(other) and (one == other or one != one)


def _number(column: str, value: float | Decimal, written: Written) -> Any:
    if math.isnan(value):
        written.nan_as_null.add(column)
        return None
    if math.isinf(value):
        raise UnwritableError(column, "holds an infinity, which a file of text cannot hold: write .parquet")
    return value if isinstance(value, float) else str(value)


def _key(column: str, key: Any) -> str:
    if not isinstance(key, str):
        raise UnwritableError(column, f"has a key of type {type(key).__name__}, and keys of JSON are texts")
    return _checked(column, key)


def _checked(column: str, text: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UnwritableError(
                column, f"holds {text[error.start]!r}, half of a surrogate pair, which is no valid text"
            ) from error
    return text
