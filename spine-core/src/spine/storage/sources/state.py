"""Cursors of incremental sources, in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import asdict, fields_dict
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from spine.framework.sources.state import SourceState
from spine.storage.history import History
from spine.storage.tables.sources import source_state

_FIELDS = tuple(fields_dict(SourceState))


class SqlSourceStateStore:
    """A SourceStateStore over `core_source_state`."""

    def __init__(self, history: History) -> None:
        self._history = history

    def get(self, source_name: str) -> SourceState | None:
        query = select(*(source_state.c[name] for name in _FIELDS)).where(*_of(self._history, source_name))
        row = self._history.read(lambda connection: connection.execute(query).mappings().one_or_none())
        return SourceState(**row) if row else None

    def commit(self, states: Sequence[SourceState]) -> None:
        with self._history.engine.begin() as connection:
            write_states(self._history, connection, states)

    def delete(self, source_name: str) -> bool:
        with self._history.engine.begin() as connection:
            gone = connection.execute(delete(source_state).where(*_of(self._history, source_name)))
            return bool(gone.rowcount)


def write_states(history: History, connection: Connection, states: Sequence[SourceState]) -> None:
    """Write states inside the transaction of `connection`; of several for one source the last one is kept."""
    newest = {state.source_name: state for state in states}
    for name in sorted(newest):  # in a fixed order, to avoid deadlocks
        history.lock(connection, f"spine.source_state.{name}")
        row = asdict(newest[name])
        known = update(source_state).where(*_of(history, name))
        if not connection.execute(known.values(row)).rowcount:
            connection.execute(insert(source_state).values(**row, project=history.project))


def _of(history: History, source_name: str) -> tuple[ColumnElement[bool], ...]:
    return history.own(source_state), source_state.c.source_name == source_name
