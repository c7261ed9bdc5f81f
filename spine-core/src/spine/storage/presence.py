"""Services of a project that live, on any machine: each is a row, with its process and its latest sign of life."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Table, delete, func, insert, select, update

from spine.orchestration.lease import is_gone, process_name
from spine.storage.clock import StoreClock
from spine.storage.history import History

SEEN_SECONDS = 10.0
"""Seconds between two signs of life of a service."""

ENDED = " ended"  # after the name of a process whose row is kept for its last sign of life
LIVING = timedelta(seconds=60)
"""The time after which a service on another machine without a sign of life is taken for dead."""


@frozen
class Presence:
    """Rows of a table of services; every method works inside the caller's transaction."""

    history: History
    table: Table

    def enter(self, connection: Connection, facts: Mapping[str, Any]) -> None:
        """Record the service of this process with its facts, or its sign of life; delete those silent for long."""
        now = self._now(connection)
        row = {**facts, "seen_at": now}
        if not connection.execute(update(self.table).where(*self.mine()).values(row)).rowcount:
            new = {"project": self.history.project, "process": process_name(), "started_at": now}
            connection.execute(insert(self.table).values(**row, **new))
        silent = (self.history.own(self.table), self.table.c.seen_at < now - 10 * LIVING)
        connection.execute(delete(self.table).where(*silent))

    def leave(self, connection: Connection) -> None:
        """Delete the record of this process."""
        connection.execute(delete(self.table).where(*self.mine()))

    def living(self, connection: Connection) -> list[dict[str, Any]]:
        """Return the rows of the services that live, oldest first."""
        own = (self.history.own(self.table), ~self.table.c.process.endswith(ENDED))
        fresh = (*own, self.table.c.seen_at > self._now(connection) - LIVING)
        query = select(self.table).where(*fresh).order_by(self.table.c.started_at, self.table.c.process)
        return [dict(row) for row in connection.execute(query).mappings() if not is_gone(row["process"])]

    def leave_a_trace(self, connection: Connection) -> None:
        """Keep the record of this process as that of the one that ended last."""
        ended = (self.history.own(self.table), self.table.c.process.endswith(ENDED))
        connection.execute(delete(self.table).where(*ended))
        last = {"process": process_name() + ENDED, "seen_at": self._now(connection)}
        connection.execute(update(self.table).where(*self.mine()).values(last))

    def last_seen(self, connection: Connection) -> datetime | None:
        """Return the last sign of life of any service, also of one that has ended; None if none is known."""
        query = select(func.max(self.table.c.seen_at)).where(self.history.own(self.table))
        found: datetime | None = connection.execute(query).scalar()
        return found

    def mine(self) -> tuple[Any, ...]:
        """Return the condition for the record of this process."""
        return self.history.own(self.table), self.table.c.process == process_name()

    def _now(self, connection: Connection) -> datetime:
        return StoreClock(self.history.adapter).read(connection)
