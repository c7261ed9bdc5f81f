"""Work that goes on in a project, as its history tells."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from spine.framework.pipelines import PipelineStatus
from spine.orchestration.lease import is_lease_held, local_pid
from spine.scheduling.backfill import BackfillStatus
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.runs.leases import OPEN
from spine.storage.schedules.schedulers import Schedulers
from spine.storage.tables.backfills import backfills
from spine.storage.tables.runs import executions, runs
from spine.storage.workers import Workers


def activities(history: History) -> Iterator[str]:
    """Yield the schedulers, workers, runs, backfills and pipelines that go on, each with what to do about it.

    A run that waits, or whose process is gone, is none.
    """
    for kind, rows in (("scheduler", Schedulers(history, "", "").living()), ("worker", Workers(history).living())):
        for row in rows:
            where = f"{row['folder']} ({row['process']})"
            yield f"a {kind} of the project runs in {where}: stop it, and run the command again"
    with history.reader.connect() as connection:
        for what in _working(history, connection):
            yield f"{what}: wait until it has ended, and run the command again"


def _working(history: History, connection: Connection) -> Iterator[str]:
    now = StoreClock(history.adapter).read(connection)
    leases = (
        ("run", runs, runs.c.run_id, runs.c.workflow_name, OPEN),
        ("backfill", backfills, backfills.c.id, backfills.c.workflow_name, [BackfillStatus.RUNNING.value]),
    )
    for kind, table, key, name, statuses in leases:
        query = select(key, name, table.c.lease_owner, table.c.lease_expires_at).where(
            history.own(table), table.c.status.in_(statuses), table.c.lease_owner.is_not(None)
        )
        for found, workflow, owner, expires_at in connection.execute(query):
            if is_lease_held(owner, expires_at, now):
                yield f"{kind} {found} of {workflow} is being run by {owner}"
    running = (executions.c.status == PipelineStatus.RUNNING.name, executions.c.process.is_not(None))
    mine = select(executions.c.id, executions.c.pipeline, executions.c.process).where(history.own(executions), *running)
    for found, pipeline, process in connection.execute(mine):
        if local_pid(process) is not None:
            yield f"execution {found} of {pipeline} is being run by {process}"
