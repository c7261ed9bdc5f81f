"""The schedulers of a project that run, on any machine, with their folders and digests of what they declare."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, delete, insert, select, update

from spine.core.errors import ConfigError
from spine.orchestration.lease import is_gone, process_name
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.schedules.calls import leave_calls
from spine.storage.tables.schedules import schedulers

SEEN_SECONDS = 10.0
"""Seconds between two signs of life of a scheduler."""

_LIVING = timedelta(seconds=60)  # a scheduler on another machine without a sign of life for longer is taken for dead


@frozen
class Schedulers:
    """Rows of `core_schedulers`; `folder` is that of this process's `spine.toml`, `declared_hash` what it declares."""

    history: History
    folder: str
    declared_hash: str

    def enter(self) -> None:
        """Record the scheduler of this process, or its sign of life; see `require_agreement`."""
        with self.history.engine.begin() as connection:
            self.history.lock(connection, "spine.schedulers")
            now = StoreClock(self.history.adapter).read(connection)
            self._refuse(self._living(connection))
            row = {"folder": self.folder, "declared_hash": self.declared_hash, "seen_at": now}
            if not connection.execute(update(schedulers).where(*self._mine()).values(row)).rowcount:
                new = {"project": self.history.project, "process": process_name(), "started_at": now}
                connection.execute(insert(schedulers).values(**row, **new))
            silent = (self.history.own(schedulers), schedulers.c.seen_at < now - 10 * _LIVING)
            connection.execute(delete(schedulers).where(*silent))

    def leave(self) -> None:
        """Delete the record of this process, and those of its calls."""
        with self.history.engine.begin() as connection:
            leave_calls(connection, process_name())
            connection.execute(delete(schedulers).where(*self._mine()))

    def living(self) -> list[dict[str, Any]]:
        """Return the rows of the schedulers that run, oldest first."""
        with self.history.reader.connect() as connection:
            return self._living(connection)

    def require_agreement(self) -> None:
        """Raise a ConfigError if a scheduler that runs in another folder declares something else.

        The same folder on another machine may have another version for a while: a deployment to one after the other.
        """
        self._refuse(self.living())

    def differing(self) -> list[dict[str, Any]]:
        """Return the rows of the schedulers that run in other folders and declare something else."""
        return self._differing(self.living())

    def _refuse(self, living: list[dict[str, Any]]) -> None:
        for row in self._differing(living):
            name = f"the project {self.history.project!r}" if self.history.project else "a project without a name"
            raise ConfigError(
                f"{row['folder']} is {name} in the same database too, a scheduler runs there ({row['process']}), and "
                "it declares other workflows or schedules: give one of the two another name in [spine], or stop that "
                "scheduler"
            )

    def _differing(self, living: list[dict[str, Any]]) -> list[dict[str, Any]]:
        elsewhere = [row for row in living if row["folder"] != self.folder]
        return [row for row in elsewhere if row["declared_hash"] != self.declared_hash]

    def _living(self, connection: Connection) -> list[dict[str, Any]]:
        now = StoreClock(self.history.adapter).read(connection)
        fresh = (self.history.own(schedulers), schedulers.c.seen_at > now - _LIVING)
        query = select(schedulers).where(*fresh).order_by(schedulers.c.started_at, schedulers.c.process)
        return [dict(row) for row in connection.execute(query).mappings() if not is_gone(row["process"])]

    def _mine(self) -> tuple[Any, ...]:
        return self.history.own(schedulers), schedulers.c.process == process_name()
