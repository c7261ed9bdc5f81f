"""Numbers that a database gives to rows: kept or given anew in a copy, and never given out twice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, Table, func, literal, select

from spine.storage.copying.rows import Row, serial_column


def is_used(connection: Connection, table: Table) -> bool:
    """Return True if rows of other projects have numbers of the table."""
    return serial_column(table) is not None and connection.execute(select(table).limit(1)).first() is not None


def reserve(connection: Connection, table: Table, newest: int | None) -> None:
    """Let the database give out only numbers above `newest`; SQLite does so by itself."""
    column = serial_column(table)
    if column is None or newest is None or not connection.dialect.supports_sequences:
        return
    sequence = _sequence(column)
    given = func.coalesce(func.pg_sequence_last_value(sequence), 0)
    connection.execute(select(func.setval(sequence, func.greatest(literal(newest), given))))


def renumber(connection: Connection, table: Table, rows: list[Row]) -> list[Row]:
    """Return rows with the next numbers of the table, in the same order; the transaction is a writing one."""
    column = serial_column(table)
    if column is None or not rows:
        return rows
    if connection.dialect.supports_sequences:
        numbers = func.generate_series(1, len(rows)).table_valued("n")
        query = select(func.nextval(_sequence(column))).select_from(numbers)
        given = sorted(connection.execute(query).scalars())
    else:
        newest = connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()
        given = list(range(newest + 1, newest + 1 + len(rows)))
    return [{**row, column.name: number} for row, number in zip(rows, given, strict=True)]


def _sequence(column: Column[Any]) -> Any:
    return func.pg_get_serial_sequence(column.table.name, column.name)
