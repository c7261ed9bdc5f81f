"""The rows of a project's history: which they are, read in the order of their keys, and written elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    Table,
    case,
    func,
    insert,
    inspect,
    literal,
    select,
    tuple_,
)
from sqlalchemy import table as sql_table

from spine.core.errors import SpineError
from spine.db.adapter import DatabaseAdapter
from spine.storage.copying.errors import CopyError
from spine.storage.tables.complete import metadata
from spine.storage.tables.runs import definitions, runs
from spine.storage.types import AnyText, ShortText, UtcDateTime

BATCH_ROWS = 1000

Row = dict[str, Any]
Key = list[Any]

_LATER_PARENT = runs.c.parent_run_id > runs.c.run_id  # as the database that is read sorts


@frozen
class Place:
    """Place up to which a table is copied: the key of the last copied row, None before the first, and their number."""

    key: Key | None = None
    rows: int = 0


def copied_tables() -> list[Table]:
    """Return the tables of the history, those first that others refer to."""
    return list(metadata.sorted_tables)


def other_tables(adapter: DatabaseAdapter) -> list[str]:
    """Return the names of the tables with rows that are none of the history, without those that hold a version."""
    with adapter.reader.connect() as connection:
        found = set(inspect(connection).get_table_names()) - set(metadata.tables)
        named = sorted(name for name in found if not name.endswith("_schema_version"))
        return [name for name in named if connection.execute(select(1).select_from(sql_table(name)).limit(1)).first()]


def belongs_to(table: Table, project: str) -> ColumnElement[bool]:
    """Return the condition that a row is part of the project's history, by its own column or by its run."""
    if "project" in table.c:
        return table.c.project == project
    name = "definition_hash" if table is definitions else "run_id"
    return table.c[name].in_(select(runs.c[name]).where(runs.c.project == project))


def key_of(table: Table, row: Row) -> Key:
    """Return the values of the primary key of a row."""
    return [row[column.name] for column in table.primary_key]


def serial_column(table: Table) -> Column[Any] | None:
    """Return the column whose numbers the database gives out, None without one."""
    column = table.autoincrement_column
    return column if column is not None and column.autoincrement is True else None


def read_rows(connection: Connection, table: Table, project: str, after: Key | None = None) -> Iterator[list[Row]]:
    """Yield the rows of the project in batches, in the order of their keys; `after` is the key of a row."""
    query = select(table).where(belongs_to(table, project)).order_by(*table.primary_key)
    yield from _batches(connection, query if after is None else query.where(_is_after(table, after)))


def read_for_insert(
    connection: Connection, table: Table, project: str, after: Key | None = None
) -> Iterator[list[Row]]:
    """Yield the rows as `read_rows` does; a run whose parent comes later has none yet: see `read_later_parents`."""
    if table is not runs:
        yield from read_rows(connection, table, project, after)
        return
    parent = case((_LATER_PARENT, None), else_=runs.c.parent_run_id).label("parent_run_id")
    columns = [parent if column.name == "parent_run_id" else column for column in runs.c]
    query = select(*columns).where(belongs_to(runs, project)).order_by(runs.c.run_id)
    yield from _batches(connection, query if after is None else query.where(_is_after(runs, after)))


def read_later_parents(connection: Connection, project: str) -> Iterator[list[Row]]:
    """Yield the ids of the runs whose parent comes after them, and of the parents."""
    query = select(runs.c.run_id.label("child"), runs.c.parent_run_id.label("parent"))
    yield from _batches(connection, query.where(belongs_to(runs, project), _LATER_PARENT))


def read_same(connection: Connection, table: Table, rows: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
    """Return the rows of a table that have the keys of the given ones, by key."""
    columns = list(table.primary_key)
    keys = [tuple(key_of(table, row)) for row in rows]
    same = tuple_(*columns).in_(keys) if len(columns) > 1 else columns[0].in_([key for (key,) in keys])
    found = connection.execute(select(table).where(same))
    names, places = list(found.keys()), [list(table.c).index(column) for column in columns]
    return {tuple(row[place] for place in places): dict(zip(names, row, strict=True)) for row in found}


def stored_value(column: Column[Any], value: Any) -> Any:
    """Return a value as a database keeps it: in text from outside, what one of them refuses is written as an escape."""
    if isinstance(value, str) and isinstance(column.type, (AnyText, ShortText)):
        return column.type.process_bind_param(value, None)  # type: ignore[arg-type]  # of any dialect
    return value


def write_rows(adapter: DatabaseAdapter, connection: Connection, table: Table, rows: list[Row]) -> None:
    """Insert rows; a definition may be there, from another project. CopyError names the row that is refused."""
    statement: Any = insert(table)
    if table is definitions:
        statement = adapter.conflict_insert(table).on_conflict_do_nothing()  # type: ignore[attr-defined]  # of both dialects
    try:
        with connection.begin_nested():
            connection.execute(statement, rows)
    except SpineError as error:
        if error.retryable:
            raise
        _refuse_first(adapter, connection, table, rows, statement)
        raise


def fingerprint(connection: Connection, table: Table, project: str) -> Row:
    """Return the number of the project's rows, and the newest of each of their times and numbers.

    Whatever Spine writes to a history changes one of them.
    """
    telling = [column for column in table.c if isinstance(column.type, (UtcDateTime, Integer))]
    query = select(func.count(), *(func.max(column) for column in telling)).where(belongs_to(table, project))
    count, *newest = connection.execute(query).one()
    texts = [value.isoformat() if isinstance(value, datetime) else value for value in newest]
    return {"rows": count, "newest": dict(zip((column.name for column in telling), texts, strict=True))}


def count_rows(connection: Connection, table: Table, project: str) -> int:
    """Return the number of the project's rows."""
    return connection.execute(select(func.count()).select_from(table).where(belongs_to(table, project))).scalar_one()


def after_batch(place: Place, table: Table, rows: list[Row]) -> Place:
    """Return the place after these rows of the source."""
    return evolve(place, key=key_of(table, rows[-1]), rows=place.rows + len(rows))


def _batches(connection: Connection, query: Any) -> Iterator[list[Row]]:
    with connection.execute(query, execution_options={"yield_per": BATCH_ROWS}) as result:
        names = list(result.keys())
        for batch in result.partitions():
            yield [dict(zip(names, row, strict=True)) for row in batch]


def _is_after(table: Table, key: Key) -> ColumnElement[bool]:
    columns = list(table.primary_key)
    return tuple_(*columns) > tuple_(*(literal(value, column.type) for column, value in zip(columns, key, strict=True)))


def _refuse_first(
    adapter: DatabaseAdapter, connection: Connection, table: Table, rows: list[Row], statement: Any
) -> None:
    """Raise the CopyError of the first row that the database refuses by itself."""
    for row in rows:
        try:
            with connection.begin_nested():
                connection.execute(statement, [row])
        except SpineError as error:
            raise CopyError(
                f"{adapter.location} refuses row {', '.join(map(str, key_of(table, row)))} of {table.name}: {error}; "
                "correct the row in the source, and run the command again",
                cause=error,
            ) from error
