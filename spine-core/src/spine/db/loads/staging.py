"""Temporary table that a load fills before it compares: its columns have the types of the target's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import TableClause

from spine.core.errors import ConstraintError
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
    yield table, dialect.load_batches(connection, table, rows)
    connection.execute(f"DROP TABLE {place}")


def check_distinct(connection: Connection, table: TableClause, key: Sequence[str], target: str) -> None:
    """Index the staged rows by their key; ConstraintError, with the numbers of two rows, if a key occurs twice."""
    place, columns = quoted_table(connection, table), quoted_list(connection, list(key))
    index = quoted(connection, f"{table.name}_key")
    connection.execute(f"CREATE INDEX {index} ON {place} ({columns})")
    again = f"SELECT 1 FROM {place} GROUP BY {columns} HAVING count(*) > 1"  # noqa: S608
    if connection.execute(f"SELECT count(*) FROM ({again} LIMIT 1) AS again").fetchone() == (0,):  # noqa: S608
        return
    connection.execute(f"DROP INDEX {index}")  # a scan of it would number the rows in the order of the key
    numbered = f"SELECT {columns}, row_number() OVER () AS spine_row FROM {place}"  # noqa: S608
    first, second = "min(spine_row)", "max(spine_row)"
    found = connection.execute(
        f"SELECT {first}, {second}, count(*) OVER () FROM ({numbered}) AS numbered "  # noqa: S608
        f"GROUP BY {columns} HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    ).fetchone()
    assert found is not None
    more = f" (in all {found[2]} keys occur more than once)" if found[2] > 1 else ""
    raise ConstraintError(
        f"rows {found[0]} and {found[1]} for {target} have the same key, {', '.join(key)}{more}: give each key once"
    )
