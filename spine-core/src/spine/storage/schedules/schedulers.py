"""The schedulers of a project that run, on any machine, with their folders and digests of what they declare."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen

from spine.core.errors import ConfigError
from spine.orchestration.lease import process_name
from spine.storage.history import History
from spine.storage.presence import Presence
from spine.storage.schedules.calls import leave_calls
from spine.storage.tables.schedules import schedulers


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
            self._refuse(self._presence.living(connection))
            self._presence.enter(connection, {"folder": self.folder, "declared_hash": self.declared_hash})

    def leave(self) -> None:
        """Record that the scheduler of this process has ended, and delete the records of its calls."""
        with self.history.engine.begin() as connection:
            leave_calls(connection, process_name())
            self._presence.leave_a_trace(connection)

    def living(self) -> list[dict[str, Any]]:
        """Return the rows of the schedulers that run, oldest first."""
        with self.history.reader.connect() as connection:
            return self._presence.living(connection)

    def last_seen(self) -> datetime | None:
        """Return the last sign of life of a scheduler of the project; None if none is known."""
        with self.history.reader.connect() as connection:
            return self._presence.last_seen(connection)

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
            raise ConfigError(
                f"{row['folder']} is {self.history.title} in the same database too, a scheduler runs there "
                f"({row['process']}), and it declares other workflows or schedules: give one of the two another name "
                "in [spine], or stop that scheduler"
            )

    def _differing(self, living: list[dict[str, Any]]) -> list[dict[str, Any]]:
        elsewhere = [row for row in living if row["folder"] != self.folder]
        return [row for row in elsewhere if row["declared_hash"] != self.declared_hash]

    @property
    def _presence(self) -> Presence:
        return Presence(self.history, schedulers)
