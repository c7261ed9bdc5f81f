"""Bulk loading: record batches stored in one transaction, in an existing or new table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, Table, TableClause
from sqlalchemy.schema import CreateTable

from spine.db.connection import Connection
from spine.db.dialect import Dialect
from spine.db.insert_statements import check_columns, check_names, target_table
from spine.db.record_batches import Batches

if TYPE_CHECKING:
    import pyarrow as pa


def load(dialect: Dialect, connection: Connection, target: str, batches: Batches, *, create: bool) -> int:
    """Store batches with at least one column in the table `target`, in the transaction; return the number of rows."""
    names = batches.schema.names
    check_columns(target, names)
    table = target_table(dialect, target, names)
    if create:
        _create(dialect, connection, table, batches.schema)
    return dialect.load_batches(connection, table, batches.blocks)


def _create(dialect: Dialect, connection: Connection, table: TableClause, schema: pa.Schema) -> None:
    check_names(dialect, *schema.names)
    dialect.lock(connection.raw, f"create table {table.fullname}")  # IF NOT EXISTS alone fails in a race
    columns = [Column(field.name, dialect.column_type(field.type), quote=True) for field in schema]
    new = Table(table.name, MetaData(), *columns, schema=table.schema, quote=True)
    connection.execute(CreateTable(new, if_not_exists=True))
