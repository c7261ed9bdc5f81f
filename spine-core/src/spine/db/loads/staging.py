"""Temporary table that a load fills before it compares: its columns have the types of the target's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from sqlalchemy import TableClause

from spine.core.errors import ConstraintError, IntegrityError, SpineError
from spine.core.ids import new_id
from spine.db.connection import Connection
from spine.db.dialect import Dialect
from spine.db.insert_statements import target_table
from spine.db.loads.names import quoted, quoted_list, quoted_table

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def staged(
    dialect: Dialect, connection: Connection, target: TableClause, names: Sequence[str], rows: Iterator[pa.RecordBatch]
) -> Iterator[tuple[TableClause, int]]:
    """Yield a temporary table of rows for the columns `names` of the target, and their number; drop it at the end."""
    table = target_table(dialect, f"spine_load_{new_id().replace('-', '')}", names)
    place, columns = quoted_table(connection, table), quoted_list(connection, list(names))
    source = quoted_table(connection, target)
    connection.execute(f"CREATE TEMPORARY TABLE {place} AS SELECT {columns} FROM {source} WHERE 1 = 0")  # noqa: S608
    try:
        count = dialect.load_batches(connection, table, rows)
    except SpineError as error:
        if str(table.name) not in error.message:
            raise
        told = error.message.replace(str(table.name), target.fullname)
        raise type(error)(told, retryable=error.retryable, cause=error.cause) from error.cause
    yield table, count
    connection.execute(f"DROP TABLE {place}")


def check_distinct(
    dialect: Dialect, connection: Connection, table: TableClause, key: Sequence[str], target: str
) -> None:
    """Index the staged rows by their key; ConstraintError, with the numbers of two rows, if a key occurs twice."""
    place, columns = quoted_table(connection, table), quoted_list(connection, list(key))
    index = quoted(connection, f"{table.name}_key")
    try:
        with connection.transaction() if dialect.has_savepoints else nullcontext():
            connection.execute(f"CREATE UNIQUE INDEX {index} ON {place} ({columns})")
    except IntegrityError as error:
        where = _repeated(connection, place, columns) if dialect.has_savepoints else "two rows"
        raise ConstraintError(
            f"{where} for {target} have the same key, {', '.join(key)}: give each key once", cause=error
        ) from error


def _repeated(connection: Connection, place: str, columns: str) -> str:
    """Return the numbers of the first and the last row of a key that occurs more than once."""
    numbered = f"SELECT {columns}, row_number() OVER () AS spine_row FROM {place}"  # noqa: S608
    found = connection.execute(
        f"SELECT min(spine_row), max(spine_row), count(*) OVER () FROM ({numbered}) AS numbered "  # noqa: S608
        f"GROUP BY {columns} HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    ).fetchone()
    assert found is not None
    more = f" (one of {found[2]} keys that occur more than once)" if found[2] > 1 else ""
    return f"rows {found[0]} and {found[1]}{more}"
