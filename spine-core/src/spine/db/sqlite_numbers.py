"""Numbers that SQLite would round: a column of a numeric affinity holds 64-bit integers and doubles, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

import sqlalchemy
from sqlalchemy import TableClause

from spine.core.errors import QueryError

_EXACT = 2**53  # every integer up to here is a double
_LARGEST = 2**63
_SHORT = 15  # digits that a double always keeps


def numeric_columns(connection: sqlalchemy.Connection, table: TableClause) -> dict[str, str]:
    """Return the affinity of each column of the table that converts numbers: INTEGER, REAL or NUMERIC."""
    found = "SELECT name, type FROM pragma_table_info(?, ?)"
    rows = connection.exec_driver_sql(found, (table.name, table.schema or "main")).all()
    if not rows and table.schema is None:
        rows = connection.exec_driver_sql(found, (table.name, "temp")).all()
    affinities = {name: _affinity(declared.upper()) for name, declared in rows}
    return {name: affinity for name, affinity in affinities.items() if affinity not in ("TEXT", "BLOB")}


def may_be_rounded(value: Any) -> bool:
    """Return True for a number, or a text of one, that an INTEGER, REAL or NUMERIC column may not keep exactly."""
    if isinstance(value, int):
        return not -_EXACT <= value <= _EXACT
    return isinstance(value, Decimal) or (isinstance(value, str) and len(value) > _SHORT)


def exact_rows(
    connection: sqlalchemy.Connection, table: TableClause, rows: list[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return rows whose numbers SQLite keeps; one that it would round is a QueryError that names row and column."""
    names = {name for row in rows for name, value in row.items() if may_be_rounded(value)}
    if not names:
        return rows
    affinities = numeric_columns(connection, table)
    columns = {
        name: exact_values(table, name, affinities.get(name), [row[name] for row in rows])
        for name in names
        if name in affinities or any(isinstance(row[name], int) for row in rows)
    }
    return [{**row, **{name: values[index] for name, values in columns.items()}} for index, row in enumerate(rows)]


def exact_values(
    table: TableClause, name: str, affinity: str | None, values: Iterable[Any], *, first: int = 1
) -> list[Any]:
    """Return the values of a column as SQLite keeps them; `first` is the number of the first one's row."""
    kept = []
    for number, value in enumerate(values, first):
        try:
            kept.append(_exact(value, affinity) if may_be_rounded(value) else value)
        except ValueError as error:
            raise QueryError(f"row {number} for {table.fullname}: {name} {error}") from None
    return kept


def _exact(value: Any, affinity: str | None) -> Any:
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        raise ValueError("is an integer of more than 64 bits: write it as a text, into a TEXT column")
    if affinity is None:
        return value
    number = _number(value)
    if number is None:
        return value
    if affinity != "REAL" and number == number.to_integral_value() and -_LARGEST <= number < _LARGEST:
        return int(number)
    double = float(number)
    if isfinite(double) and number in (Decimal(double), Decimal(repr(double))):
        return double
    raise ValueError(f"would be rounded, as the column has the affinity {affinity}: declare it TEXT")


def _number(value: Any) -> Decimal | None:
    """Return what SQLite reads as a number, None for any other text and for NaN and infinities."""
    if isinstance(value, str) and (not value.isascii() or "_" in value):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _affinity(declared: str) -> str:
    """Return the affinity of a declared type: https://www.sqlite.org/datatype3.html, section 3.1."""
    if "INT" in declared:
        return "INTEGER"
    if any(word in declared for word in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if not declared or "BLOB" in declared:
        return "BLOB"
    return "REAL" if any(word in declared for word in ("REAL", "FLOA", "DOUB")) else "NUMERIC"
