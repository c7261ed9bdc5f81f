"""The workers of a project that live, on any machine, with the workflows that each has, and the runs of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, func, select, text, update

from spine.orchestration.run_queue import QUEUE_LEASE
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.presence import Presence
from spine.storage.tables.runs import IS_OPEN, runs
from spine.storage.tables.workers import workers


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
            self._presence.enter(connection, facts)

    def stop(self) -> None:
        """Record that the worker of this process takes no more runs."""
        now = StoreClock(self.history.adapter).sql()
        with self.history.engine.begin() as connection:
            connection.execute(update(workers).where(*self._presence.mine()).values(stopping_at=now))

    def leave(self) -> None:
        """Delete the record of this process."""
        with self.history.engine.begin() as connection:
            self._presence.leave(connection)

    def living(self) -> list[dict[str, Any]]:
        """Return the workers that live, oldest first, each with the ids of the `runs` that it executes."""
        with self.history.reader.connect() as connection:
            rows = self._presence.living(connection)
            going = self._going(connection, [row["process"] for row in rows])
        return [{**row, "runs": going.get(row["process"], [])} for row in rows]

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
        if not processes:
            return {}
        query = select(runs.c.lease_owner, runs.c.run_id, runs.c.started_at).where(
            self.history.own(runs), text(IS_OPEN), runs.c.lease_owner.in_(processes)
        )
        found: dict[str, list[str]] = {}
        # sorted here: for an ORDER BY, SQLite would read all runs in the order of their start, and not the open ones
        for row in sorted(connection.execute(query), key=lambda row: (row.started_at, row.run_id)):
            found.setdefault(row.lease_owner, []).append(row.run_id)
        return found

    @property
    def _presence(self) -> Presence:
        return Presence(self.history, workers)


class Lack(StrEnum):
    """Reason why no worker takes a run in a queue: there is none, or none with its queue or its code."""

    WORKER = "worker"
    QUEUE = "queue"
    CODE = "code"


def stranded(living: Sequence[Mapping[str, Any]], waiting: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of `waiting` that none of the `living` workers takes, each with what it `lacks`."""
    found = ({**row, "lacks": _lack_of(row, living)} for row in waiting)
    return [row for row in found if row["lacks"] is not None]


def _lack_of(row: Mapping[str, Any], living: Sequence[Mapping[str, Any]]) -> Lack | None:
    if not living:
        return Lack.WORKER
    able = [worker for worker in living if worker["stopping_at"] is None and row["queue"] in worker["queues"]]
    if not able:
        return Lack.QUEUE
    has_code = any(worker["workflows"].get(row["workflow_name"]) == row["definition_hash"] for worker in able)
    return None if has_code else Lack.CODE
