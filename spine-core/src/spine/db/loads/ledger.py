"""Table `core_loads` in the database that is loaded into: one row for each load of a step, committed with its data."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, String, Table, Text
from sqlalchemy.schema import CreateTable

from spine.core.clock import utc_now
from spine.db.adapter import DatabaseAdapter
from spine.db.connection import Connection
from spine.db.loads.order import Loaded, LoadMark, LoadOrder

NAME = "core_loads"

core_loads = Table(
    NAME,
    MetaData(),
    Column("id", String(64), primary_key=True),
    Column("database", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("partition_key", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("step_name", Text),
    Column("attempt", Integer, nullable=False),
    Column("inserted", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("deleted", BigInteger, nullable=False),
    Column("unchanged", BigInteger, nullable=False),
    Column("committed_at", DateTime(timezone=True), nullable=False),
)


def ensure_ledger(adapter: DatabaseAdapter) -> None:
    """Create the table if there is none, in a transaction of its own: its lock would hold up other loads."""
    with adapter.transaction(readonly=True) as connection:
        if sqlalchemy.inspect(connection.raw).has_table(NAME):
            return
    with adapter.transaction() as connection:
        adapter.lock(connection.raw, f"create table {NAME}")
        connection.execute(CreateTable(core_loads, if_not_exists=True))


def find_load(adapter: DatabaseAdapter, connection: Connection, mark: LoadMark) -> Loaded | None:
    """Return the counts of a load that has been committed; wait for one of the same call that is under way.

    The call is locked until the transaction ends.
    """
    adapter.lock(connection.raw, f"load {mark.id}")
    row = connection.execute(
        "SELECT inserted, updated, deleted, unchanged FROM core_loads WHERE id = ?", (mark.id,)
    ).fetchone()
    if row is None:
        return None
    inserted, updated, deleted, unchanged = row
    return Loaded(inserted, updated, deleted, unchanged, repeated=True)


def add_load(adapter: DatabaseAdapter, mark: LoadMark, order: LoadOrder, loaded: Loaded) -> None:
    """Insert the row of a load in the thread's transaction."""
    adapter.insert(
        NAME,
        {
            "id": mark.id,
            "database": mark.database,
            "table_name": order.table,
            "mode": order.mode.value,
            "partition_key": mark.partition_key,
            "run_id": mark.run_id,
            "step_name": mark.step_name,
            "attempt": mark.attempt,
            "inserted": loaded.inserted,
            "updated": loaded.updated,
            "deleted": loaded.deleted,
            "unchanged": loaded.unchanged,
            "committed_at": utc_now(),
        },
    )
