"""Statements of SQLAlchemy Core, compiled once for a driver's own cursor: SQLAlchemy has no work when they execute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Dialect, Select, bindparam
from sqlalchemy.pool import PoolProxiedConnection

from spine.db.adapter import DatabaseAdapter
from spine.db.engine import driver_errors

# psycopg sends numbered parameters as they are; of other styles, it parses a statement of many parameters each time
_STYLES = {"pyformat": "numeric_dollar"}
_ROW, _CONSTANT = "__", -1
_CURSOR = "spine_cursor"

Convert = Callable[[Any], Any] | None


def in_row(row: int, column: ColumnElement[Any], name: str | None = None) -> BindParameter[Any]:
    """Return the parameter for a column's value in the row with this number; `name` is its key there."""
    return bindparam(f"{name or column.key}{_ROW}{row}", type_=column.type)


class DriverStatement:
    """SQL text of a statement whose parameters come from `in_row` or are constant; None stays null.

    Values are converted by `driver_text` of their column's type where it has one, else as SQLAlchemy does.
    """

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        style = _STYLES.get(dialect.paramstyle, dialect.paramstyle)
        dialect_class: Any = type(dialect)
        positional = dialect_class(paramstyle=style)
        vars(positional).update({name: kept for name, kept in vars(dialect).items() if name not in vars(positional)})
        compiled: Any = statement.compile(dialect=positional)
        self.sql = str(compiled)
        self._constants = compiled.params
        self._values = [_value(name, compiled.binds[name], positional) for name in compiled.positiontup]
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        self._columns: list[tuple[str, Convert]] = [
            (str(column.key), column.type.dialect_impl(positional).result_processor(positional, None))
            for column in columns
        ]

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
        """Return the values of the parameters for these rows, as the driver takes them."""
        return tuple(
            [
                value if convert is None or value is None else convert(value)
                for row, name, convert in self._values
                for value in ((rows[row] if row >= 0 else self._constants)[name],)
            ]
        )

    def found(self, record: Sequence[Any]) -> dict[str, Any]:
        """Return a row of a select, by column."""
        return {
            name: value if convert is None else convert(value)
            for (name, convert), value in zip(self._columns, record, strict=True)
        }


@contextmanager
def driver_connection(adapter: DatabaseAdapter) -> Iterator[PoolProxiedConnection]:
    """Give a connection of the pool without SQLAlchemy's around it; errors of the driver become those of Spine."""
    with driver_errors(adapter, None):
        connection = adapter.engine.raw_connection()
    try:
        with driver_errors(adapter, connection):
            yield connection
    finally:
        connection.close()


@contextmanager
def autocommitting(adapter: DatabaseAdapter, connection: PoolProxiedConnection) -> Iterator[Any]:
    """Give a cursor of a connection of PostgreSQL, for ready statements that commit by themselves.

    The cursor is kept with the connection: a new one costs as much as a round trip to a server on this machine.
    """
    driver: Any = connection.driver_connection
    cursor = connection.info.get(_CURSOR)
    if cursor is None or cursor.closed:
        psycopg: Any = adapter.engine.dialect.loaded_dbapi
        cursor = connection.info[_CURSOR] = psycopg.RawCursor(driver)
    driver.autocommit = True
    try:
        yield cursor
    finally:
        if not driver.closed:
            driver.autocommit = False


class DriverQuery:
    """A select on SQLite or PostgreSQL that finds few rows, outside of a transaction."""

    def __init__(self, adapter: DatabaseAdapter, select: Select[Any]) -> None:
        self._adapter = adapter
        self._ready = DriverStatement(select, adapter.engine.dialect)

    def rows(self, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the rows, by column, for the values of row 0."""
        parameters = self._ready.parameters([values])
        with driver_connection(self._adapter) as connection:
            if self._adapter.db_type == "postgresql":
                with autocommitting(self._adapter, connection) as cursor:
                    found = cursor.execute(self._ready.sql, parameters).fetchall()
            else:
                cursor = connection.cursor()
                found = cursor.execute(self._ready.sql, parameters).fetchall()
        return [self._ready.found(record) for record in found]


def _value(given: str, parameter: BindParameter[Any], dialect: Dialect) -> tuple[int, str, Convert]:
    convert = getattr(parameter.type, "driver_text", None) or parameter.type.dialect_impl(dialect).bind_processor(
        dialect
    )
    name, mark, row = given.rpartition(_ROW)
    return (int(row), name, convert) if mark else (_CONSTANT, given, convert)
