"""Cursors of incremental sources, in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import asdict
from sqlalchemy import Connection, delete, insert, select, update

from spine.db.adapter import DatabaseAdapter
from spine.framework.sources.state import SourceState
from spine.storage.tables.sources import source_state


class SqlSourceStateStore:
    """A SourceStateStore over `core_source_state`."""

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter

    def get(self, source_name: str) -> SourceState | None:
        query = select(source_state).where(source_state.c.source_name == source_name)
        with self._adapter.reader.connect() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return SourceState(**row) if row else None

    def commit(self, states: Sequence[SourceState]) -> None:
        with self._adapter.engine.begin() as connection:
            write_states(self._adapter, connection, states)

    def delete(self, source_name: str) -> bool:
        with self._adapter.engine.begin() as connection:
            gone = connection.execute(delete(source_state).where(source_state.c.source_name == source_name))
            return bool(gone.rowcount)


def write_states(adapter: DatabaseAdapter, connection: Connection, states: Sequence[SourceState]) -> None:
    """Write states inside the transaction of `connection`; of several for one source the last one is kept."""
    newest = {state.source_name: state for state in states}
    for name in sorted(newest):  # in a fixed order, to avoid deadlocks
        adapter.lock(connection, f"spine.source_state.{name}")
        row = asdict(newest[name])
        known = update(source_state).where(source_state.c.source_name == name)
        if not connection.execute(known.values(row)).rowcount:
            connection.execute(insert(source_state).values(row))
