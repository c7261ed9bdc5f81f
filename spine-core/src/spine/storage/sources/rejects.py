"""Rejected rows in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import asdict, fields_dict
from sqlalchemy import Connection, insert, select

from spine.framework.rejects import Reject
from spine.storage.history import History
from spine.storage.tables.sources import rejects

_FIELDS = tuple(fields_dict(Reject))


class SqlRejectStore:
    """A RejectStore over `core_rejects`."""

    def __init__(self, history: History) -> None:
        self._history = history

    def commit(self, new: Sequence[Reject]) -> None:
        with self._history.engine.begin() as connection:
            insert_rejects(self._history, connection, new)

    def list_rejects(self, *, run_id: str | None = None, source_name: str | None = None) -> list[Reject]:
        query = select(*(rejects.c[name] for name in _FIELDS)).where(self._history.own(rejects))
        query = query.order_by(rejects.c.created_at, rejects.c.id)
        if run_id is not None:
            query = query.where(rejects.c.run_id == run_id)
        if source_name is not None:
            query = query.where(rejects.c.source_name == source_name)
        rows = self._history.read(lambda connection: connection.execute(query).mappings().all())
        return [Reject(**row) for row in rows]


def insert_rejects(history: History, connection: Connection, new: Sequence[Reject]) -> None:
    """Write rejects inside the transaction of `connection`."""
    if new:
        connection.execute(insert(rejects), [{**asdict(reject), "project": history.project} for reject in new])
