"""The workers of a project that live, on any machine, with the workflows that each has, and the runs of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, delete, func, insert, select, text, update

from spine.orchestration.lease import is_gone, process_name
from spine.orchestration.run_queue import QUEUE_LEASE
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.tables.runs import IS_OPEN, runs
from spine.storage.tables.workers import workers

SEEN_SECONDS = 10.0
"""Seconds between two signs of life of a worker."""

_LIVING = timedelta(seconds=60)  # one on another machine without a sign of life for longer is taken for dead


@frozen
class Workers:
    """Rows of `core_workers`."""

    history: History

    def enter(
        self, folder: str, executor: str, queues: Sequence[str], concurrency: int, workflows: Mapping[str, str]
    ) -> None:
        """Record the worker of this process, or its sign of life; `workflows` maps each name to its definition hash."""
        facts = {
            "folder": folder,
            "executor": executor,
            "queues": list(queues),
            "concurrency": concurrency,
            "workflows": dict(workflows),
        }
        with self.history.engine.begin() as connection:
            now = StoreClock(self.history.adapter).read(connection)
            if not connection.execute(update(workers).where(*self._mine()).values(seen_at=now)).rowcount:
                new = {"project": self.history.project, "process": process_name(), "started_at": now, "seen_at": now}
                connection.execute(insert(workers).values(**new, **facts))
            silent = (self.history.own(workers), workers.c.seen_at < now - 10 * _LIVING)
            connection.execute(delete(workers).where(*silent))

    def stop(self) -> None:
        """Record that the worker of this process takes no more runs."""
        now = StoreClock(self.history.adapter).sql()
        with self.history.engine.begin() as connection:
            connection.execute(update(workers).where(*self._mine()).values(stopping_at=now))

    def leave(self) -> None:
        """Delete the record of this process."""
        with self.history.engine.begin() as connection:
            connection.execute(delete(workers).where(*self._mine()))

    def living(self) -> list[dict[str, Any]]:
        """Return the workers that live, oldest first, each with the ids of the `runs` that it executes."""
        with self.history.reader.connect() as connection:
            now = StoreClock(self.history.adapter).read(connection)
            fresh = (self.history.own(workers), workers.c.seen_at > now - _LIVING)
            query = select(workers).where(*fresh).order_by(workers.c.started_at, workers.c.process)
            rows = [dict(row) for row in connection.execute(query).mappings()]
            going = self._going(connection, [row["process"] for row in rows])
        return [{**row, "runs": going.get(row["process"], [])} for row in rows if not is_gone(row["process"])]

    def waiting(self) -> list[dict[str, Any]]:
        """Return how many runs wait in each queue for a worker with each definition, and since when the oldest does."""
        kinds = (runs.c.queue, runs.c.workflow_name, runs.c.definition_hash)
        query = (
            select(*kinds, func.count().label("runs"), func.min(runs.c.created_at).label("since"))
            .where(self.history.own(runs), text(IS_OPEN), runs.c.lease_owner == QUEUE_LEASE.owner)
            .group_by(*kinds)
            .order_by(*kinds)
        )
        with self.history.reader.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _going(self, connection: Connection, processes: Sequence[str]) -> dict[str, list[str]]:
        query = select(runs.c.lease_owner, runs.c.run_id).where(
            self.history.own(runs), text(IS_OPEN), runs.c.lease_owner.in_(processes)
        )
        found: dict[str, list[str]] = {}
        for row in connection.execute(query.order_by(runs.c.started_at, runs.c.run_id)):
            found.setdefault(row.lease_owner, []).append(row.run_id)
        return found

    def _mine(self) -> tuple[Any, ...]:
        return self.history.own(workers), workers.c.process == process_name()
