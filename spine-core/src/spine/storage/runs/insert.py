"""Inserts of runs, each under a lease or for a run queue, and of one partition one at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve
from sqlalchemy import Connection, insert, select, text

from spine.core.errors import IntegrityError
from spine.orchestration.lease import Lease
from spine.orchestration.records import RunRecord, partition_busy
from spine.orchestration.run_queue import QUEUE_LEASE, RunQueue, enqueue_run
from spine.storage.runs.rows import run_row
from spine.storage.tables.runs import IS_OPEN, definitions, runs

T = TypeVar("T")

_TRIES = 3
_INSERT_RUNS, _INSERT_DEFINITIONS = insert(runs), insert(definitions)


def insert_runs(
    connection: Connection,
    new: Sequence[tuple[RunRecord, Mapping[str, Any]]],
    lease: Lease | None,
    now: datetime,
    *,
    project: str,
    queue: RunQueue | None = None,
) -> list[RunRecord]:
    """Write runs of a project, and the definitions of their workflows, inside the transaction of `connection`.

    Returns the runs. Without a `lease`, any process may take them. With `queue`, each is enqueued in the same
    transaction, and the queue holds its lease until a worker takes it. Raises PartitionBusyError for a run whose
    partition has an open run; IntegrityError where another process inserts one at the same time: then the transaction
    is tried again.
    """
    check_free(connection, project, [run for run, _definition in new])
    lease = lease if queue is None else QUEUE_LEASE
    _insert_definitions(connection, {run.definition_hash: definition for run, definition in new}, now)
    held = [run if lease is None else _under(lease, run, now) for run, _definition in new]
    in_order = sorted(held, key=lambda run: run.partition_lock or "")  # so that two transactions cannot deadlock
    columns = [
        {
            **run_row(run),
            "project": project,
            "lease_owner": run.lease_owner,
            "lease_expires_at": run.lease_expires_at,
            "fence": run.fence,
            "created_at": now,
        }
        for run in in_order
    ]
    connection.execute(_INSERT_RUNS, columns)
    if queue is not None:
        for run in held:
            enqueue_run(queue, connection, run)
    return held


def _under(lease: Lease, run: RunRecord, now: datetime) -> RunRecord:
    return evolve(run, lease_owner=lease.owner, lease_expires_at=now + timedelta(seconds=lease.seconds))


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


def busy_locks(connection: Connection, project: str, locks: Collection[str]) -> dict[str, str]:
    """Return those of the partition locks that an open run of the project holds, and the run of each."""
    if not locks:
        return {}
    query = select(runs.c.partition_lock, runs.c.run_id).where(
        runs.c.project == project, runs.c.partition_lock.in_(locks), text(IS_OPEN)
    )
    return {row.partition_lock: row.run_id for row in connection.execute(query)}


def check_free(connection: Connection, project: str, opening: Sequence[RunRecord]) -> None:
    """Raise PartitionBusyError if the partition of a run that opens has another open run."""
    locks = [run.partition_lock for run in opening if run.partition_lock is not None]
    busy = busy_locks(connection, project, locks)
    for run in opening:
        holder = busy.get(run.partition_lock or "", run.run_id)
        if holder != run.run_id:
            raise partition_busy(run, holder)


def again_if_taken(transaction: Callable[[], T]) -> T:
    """Return the result of a transaction that inserts runs; it is tried again if another process took a partition."""
    for _ in range(_TRIES - 1):
        try:
            return transaction()
        except IntegrityError:  # the next try sees the other run
            continue
    return transaction()
