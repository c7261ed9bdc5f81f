"""Rejected rows in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import asdict
from sqlalchemy import Connection, insert, select

from spine.db.adapter import DatabaseAdapter
from spine.framework.rejects import Reject
from spine.storage.tables.sources import rejects


class SqlRejectStore:
    """A RejectStore over `core_rejects`."""

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter

    def commit(self, new: Sequence[Reject]) -> None:
        with self._adapter.engine.begin() as connection:
            insert_rejects(connection, new)

    def list_rejects(self, *, run_id: str | None = None, source_name: str | None = None) -> list[Reject]:
        query = select(rejects).order_by(rejects.c.created_at, rejects.c.id)
        if run_id is not None:
            query = query.where(rejects.c.run_id == run_id)
        if source_name is not None:
            query = query.where(rejects.c.source_name == source_name)
        with self._adapter.reader.connect() as connection:
            return [Reject(**row._mapping) for row in connection.execute(query).fetchall()]


def insert_rejects(connection: Connection, new: Sequence[Reject]) -> None:
    """Write rejects inside the transaction of `connection`."""
    if new:
        connection.execute(insert(rejects), [asdict(reject) for reject in new])
