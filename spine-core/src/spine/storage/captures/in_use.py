"""Time since which work in progress may use captures that no row says it uses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, select

from spine.core.clock import utc_now
from spine.framework.pipelines import PipelineStatus
from spine.orchestration.lease import is_gone
from spine.orchestration.status import WorkflowStatus
from spine.storage.tables.runs import executions, runs

_CLOCK_MARGIN = timedelta(minutes=10)  # between the clock of the database and that of the files


def used_since(connection: Connection) -> datetime | None:
    """Return ten minutes before the start of the oldest run or pipeline of any project that still works, None if none.

    What it reads and writes is recorded when its step ends.
    """
    now = utc_now()
    return min((_before(start, now) for start in _work_in_progress(connection)), default=None)


def _before(start: datetime, now: datetime) -> datetime:
    """Return a time before any use by work that began at `start`; a start in the future says nothing."""
    return start - _CLOCK_MARGIN if start <= now + _CLOCK_MARGIN else datetime.min.replace(tzinfo=UTC)


def _work_in_progress(connection: Connection) -> Iterator[datetime]:
    """Yield the start of each run and pipeline, of any project, whose process may still commit."""
    is_open = [status.name for status in WorkflowStatus if status.is_open]
    running: list[Select[Any]] = [
        select(runs.c.started_at, runs.c.lease_owner.label("process")).where(runs.c.status.in_(is_open)),
        select(executions.c.started_at, executions.c.process).where(executions.c.status == PipelineStatus.RUNNING.name),
    ]
    for query in running:
        for row in connection.execute(query):
            if row.started_at is not None and not (row.process and is_gone(row.process)):
                yield row.started_at
