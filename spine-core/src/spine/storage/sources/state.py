"""Cursors of incremental sources, in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update

from spine.core.hashing import canonical_json
from spine.framework.sources.state import SourceState, decode, settled
from spine.storage.history import History
from spine.storage.tables.sources import source_state
from spine.storage.types import of_row

_COLUMNS = [column for column in source_state.c if column.name != "project"]


class SqlSourceStateStore:
    """A SourceStateStore over `core_source_state`."""

    def __init__(self, history: History) -> None:
        self._history = history

    def get(self, source_name: str) -> SourceState | None:
        query = select(*_COLUMNS).where(*_of(self._history, source_name))
        row = self._history.read(lambda connection: connection.execute(query).mappings().one_or_none())
        return _state_of(row) if row else None

    def list_states(self) -> list[SourceState]:
        query = select(*_COLUMNS).where(self._history.own(source_state))
        rows = self._history.read(lambda connection: connection.execute(query).mappings().all())
        return sorted(map(_state_of, rows), key=lambda state: state.source_name)  # in the same order on every database

    def commit(self, states: Sequence[SourceState]) -> None:
        with self._history.engine.begin() as connection:
            write_states(self._history, connection, states)

    def delete(self, source_name: str) -> bool:
        with self._history.engine.begin() as connection:
            gone = connection.execute(delete(source_state).where(*_of(self._history, source_name)))
            return bool(gone.rowcount)


def write_states(history: History, connection: Connection, states: Sequence[SourceState]) -> None:
    """Write states inside the transaction of `connection`, as `settled`; of several with one base the last counts."""
    newest = {(state.source_name, canonical_json(state.based_on)): state for state in states}
    for state in sorted(newest.values(), key=lambda state: state.source_name):  # in a fixed order, to avoid deadlocks
        history.lock(connection, f"spine.source_state.{state.source_name}")
        same = _of(history, state.source_name)
        row = connection.execute(select(*_COLUMNS).where(*same)).mappings().one_or_none()
        new = settled(state, _state_of(row) if row else None)
        if new is None:
            continue
        values = {column.name: getattr(new, column.name) for column in _COLUMNS}
        if row is not None:
            connection.execute(update(source_state).where(*same).values(values))
        else:
            connection.execute(insert(source_state).values(**values, project=history.project))


@of_row
def _state_of(row: RowMapping) -> SourceState:
    decode(row["value"])  # its type is one that `encode` writes
    return SourceState(**row)


def _of(history: History, source_name: str) -> tuple[ColumnElement[bool], ...]:
    return history.own(source_state), source_state.c.source_name == source_name
