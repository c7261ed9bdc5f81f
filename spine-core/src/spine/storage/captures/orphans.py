"""Files in the store of payloads that no capture of any project refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, select

from spine.core.clock import utc_now
from spine.framework.captures.payloads import ParquetPayloads
from spine.framework.captures.stored_file import StoredFile
from spine.framework.pipelines import PipelineStatus
from spine.orchestration.lease import is_gone
from spine.orchestration.status import WorkflowStatus
from spine.storage.history import History
from spine.storage.tables.captures import captures
from spine.storage.tables.runs import executions, runs

_CLOCK_MARGIN = timedelta(minutes=10)  # between the clock of the database and that of the files


def find_orphans(history: History, store: ParquetPayloads, *, older_than: timedelta) -> list[StoredFile]:
    """Return the files that no row of any project refers to, except those that work in progress may still commit.

    These are the files written or taken into use within `older_than`, or since ten minutes before the start of the
    oldest run or pipeline that still works.
    """
    # the order matters: what ends after the look at the runs has committed before the look at the captures
    now = utc_now()
    before = min([now - older_than, *(_uses_since(start, now) for start in _work_in_progress(history))])
    found = [orphan for orphan in store.files() if orphan.modified_at < before]
    used = set(history.read(lambda connection: connection.execute(select(captures.c.location)).scalars().all()))
    return [orphan for orphan in found if orphan.location not in used]


def remove_orphans(
    store: ParquetPayloads, orphans: list[StoredFile], progress: Callable[[int], None] = lambda _files: None
) -> list[StoredFile]:
    """Delete the files and return those deleted: one that was taken into use since `find_orphans` is kept.

    `progress` gets the number of files of each step, which is 1.
    """
    removed = []
    for orphan in orphans:
        if store.remove(orphan):
            removed.append(orphan)
        progress(1)
    return removed


def _uses_since(start: datetime, now: datetime) -> datetime:
    """Return a time before any file of work that began at `start`; a start in the future says nothing."""
    return start - _CLOCK_MARGIN if start <= now + _CLOCK_MARGIN else datetime.min.replace(tzinfo=UTC)


def _work_in_progress(history: History) -> Iterator[datetime]:
    """Yield the start of each run and pipeline, of any project, whose process may still commit captures."""
    is_open = [status.name for status in WorkflowStatus if status.is_open]
    running: list[Select[Any]] = [
        select(runs.c.started_at, runs.c.lease_owner.label("process")).where(runs.c.status.in_(is_open)),
        select(executions.c.started_at, executions.c.process).where(executions.c.status == PipelineStatus.RUNNING.name),
    ]
    for query in running:
        for row in _rows(history, query):
            if row.started_at is not None and not (row.process and is_gone(row.process)):
                yield row.started_at


def _rows(history: History, query: Select[Any]) -> list[Any]:
    return history.read(lambda connection: list(connection.execute(query).all()))
