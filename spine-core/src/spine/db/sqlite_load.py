"""Loading record batches into SQLite: many rows a statement, columns instead of rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import TableClause

from spine.core.tables import require_arrow
from spine.db.sqlite_numbers import exact_values, may_be_rounded, numeric_columns

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_A_STATEMENT = 100  # measured from 10 to 2000: fewer need more calls, more exceed the processor's cache


def load_batches(connection: sqlalchemy.Connection, table: TableClause, batches: Iterable[pa.RecordBatch]) -> int:
    """Store record batches by INSERT statements of many rows, without SQLAlchemy's overhead for each of them."""
    driver: Any = connection.connection.driver_connection
    cursor = driver.cursor()
    width = len(table.columns)
    step = max(1, min(_ROWS_A_STATEMENT, driver.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // width))
    one, many = _statement(connection, table, 1), _statement(connection, table, step)
    affinities = numeric_columns(connection, table)
    names = [column.name for column in table.columns]
    count = 0
    for batch in batches:
        columns = [
            _kept(table, name, affinities.get(name), column, count + 1)
            for name, column in zip(names, batch.columns, strict=True)
        ]
        whole = batch.num_rows - batch.num_rows % step
        flat: list[Any] = [None] * (step * width)
        for start in range(0, whole, step):
            for position, column in enumerate(columns):
                flat[position::width] = _cells(column, start, step)
            cursor.execute(many, flat)
        rest = (_cells(column, whole, step) for column in columns)
        cursor.executemany(one, zip(*rest, strict=True))
        count += batch.num_rows
    cursor.close()
    return count


def _statement(connection: sqlalchemy.Connection, table: TableClause, rows: int) -> str:
    preparer = connection.dialect.identifier_preparer
    names = ", ".join(preparer.quote(column.name) for column in table.columns)
    row = f"({', '.join('?' * len(table.columns))})"
    return f"INSERT INTO {preparer.format_table(table)} ({names}) VALUES {', '.join([row] * rows)}"  # noqa: S608


def _kept(table: TableClause, name: str, affinity: str | None, column: pa.Array, first: int) -> pa.Array | list[Any]:
    """Return a column as SQLite stores it, numbers as they are kept; `first` is the number of the first row."""
    stored = _as_text(column)
    if affinity is None or not _has_long_numbers(column):
        return stored
    return exact_values(table, name, affinity, stored.to_pylist(), first=first)


def _cells(column: pa.Array | list[Any], start: int, count: int) -> list[Any]:
    """Return some cells; those of one statement, made when it runs, are still in the processor's cache."""
    found: list[Any] = (
        column[start : start + count] if isinstance(column, list) else column.slice(start, count).to_pylist()
    )
    return found


def _has_long_numbers(column: pa.Array) -> bool:
    pa = require_arrow("Loading in bulk")
    compute = require_arrow("Loading in bulk", "pyarrow.compute")
    if pa.types.is_int64(column.type):
        return any(may_be_rounded(value) for value in compute.min_max(column).as_py().values())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        longest = compute.max(compute.utf8_length(column)).as_py()
        return longest is not None and may_be_rounded("9" * min(longest, 99))
    return bool(pa.types.is_decimal(column.type))


def _as_text(column: pa.Array) -> pa.Array:
    """Return a column with dates, times and decimals as `str` and `isoformat` write them."""
    pa = require_arrow("Loading in bulk")
    compute = require_arrow("Loading in bulk", "pyarrow.compute")
    kind = column.type
    if pa.types.is_decimal(kind) or pa.types.is_date(kind):
        return column.cast(pa.string())
    if pa.types.is_time(kind):
        return _without_zeros(compute, column.cast(pa.string()))
    if pa.types.is_timestamp(kind):
        text = _without_zeros(compute, column.cast(pa.timestamp("us")).cast(pa.string()))
        return text if kind.tz is None else compute.binary_join_element_wise(text, "+00:00", "")
    return column


def _without_zeros(compute: Any, text: pa.Array) -> pa.Array:
    return compute.replace_substring_regex(text, r"\.0+$", "")
