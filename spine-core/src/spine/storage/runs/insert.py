"""Inserts of runs, each under a lease or for a run queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve
from sqlalchemy import Connection, insert, select

from spine.orchestration.lease import Lease
from spine.orchestration.records import RunRecord
from spine.orchestration.run_queue import QUEUE_LEASE, RunQueue, enqueue_run
from spine.storage.runs.rows import run_row
from spine.storage.tables.runs import definitions, runs

_INSERT_RUNS, _INSERT_DEFINITIONS = insert(runs), insert(definitions)


def insert_runs(
    connection: Connection,
    new: Sequence[tuple[RunRecord, Mapping[str, Any]]],
    lease: Lease,
    now: datetime,
    *,
    project: str,
    queue: RunQueue | None = None,
) -> list[RunRecord]:
    """Write runs of a project, and the definitions of their workflows, inside the transaction of `connection`.

    Returns the runs. With `queue`, each is enqueued in the same transaction, and the queue holds its lease until a
    worker takes it.
    """
    lease = lease if queue is None else QUEUE_LEASE
    _insert_definitions(connection, {run.definition_hash: definition for run, definition in new}, now)
    expiry = now + timedelta(seconds=lease.seconds)
    held = [evolve(run, lease_owner=lease.owner, lease_expires_at=expiry) for run, _definition in new]
    columns = [
        {
            **run_row(run),
            "project": project,
            "lease_owner": run.lease_owner,
            "lease_expires_at": run.lease_expires_at,
            "fence": run.fence,
            "created_at": now,
        }
        for run in held
    ]
    connection.execute(_INSERT_RUNS, columns)
    if queue is not None:
        for run in held:
            enqueue_run(queue, connection, run.run_id)
    return held


def _insert_definitions(connection: Connection, given: Mapping[str, Mapping[str, Any]], now: datetime) -> None:
    query = select(definitions.c.definition_hash).where(definitions.c.definition_hash.in_(given))
    known = set(connection.execute(query).scalars())
    rows = [
        {"definition_hash": key, "definition": definition, "created_at": now}
        for key, definition in given.items()
        if key not in known
    ]
    if rows:
        connection.execute(_INSERT_DEFINITIONS, rows)
