"""Files in the store of payloads that no capture of any project refers to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import frozen
from sqlalchemy import Select, select

from spine.core.clock import utc_now
from spine.core.errors import StorageError
from spine.framework.captures.store_lock import store_lock
from spine.framework.pipelines import PipelineStatus
from spine.orchestration.lease import is_gone
from spine.orchestration.status import WorkflowStatus
from spine.storage.history import History
from spine.storage.tables.captures import captures
from spine.storage.tables.runs import executions, runs

_PAYLOAD = re.compile(r"[0-9a-f]{64}\.parquet")
_DRAFT = re.compile(r"\.[0-9A-Za-z-]+\.tmp")
_CLOCK_MARGIN = timedelta(minutes=10)  # between the clock of the database and that of the files


@frozen
class Orphan:
    """File that no capture refers to; `kind` is `payload` or `draft`, the file of a payload that was not completed."""

    location: str
    kind: str
    byte_count: int
    modified_at: datetime

    def to_dict(self) -> dict[str, Any]:
        """Return the file as JSON values."""
        return {
            "location": self.location,
            "kind": self.kind,
            "byte_count": self.byte_count,
            "modified_at": self.modified_at.isoformat(),
        }


def find_orphans(history: History, store: Path, *, older_than: timedelta) -> list[Orphan]:
    """Return the files that no row of any project refers to, except those that work in progress may still commit.

    These are the files written or taken into use within `older_than`, or since ten minutes before the start of the
    oldest run or pipeline that still works.
    """
    # the order matters: what ends after the look at the runs has committed before the look at the captures
    now = utc_now()
    before = min([now - older_than, *(_uses_since(start, now) for start in _work_in_progress(history))])
    found = [orphan for orphan in _files(store) if orphan.modified_at < before]
    used = set(history.read(lambda connection: connection.execute(select(captures.c.location)).scalars().all()))
    return [orphan for orphan in found if orphan.location not in used]


def remove_orphans(
    store: Path, orphans: list[Orphan], progress: Callable[[int], None] = lambda _files: None
) -> list[Orphan]:
    """Delete the files and return those deleted: one that was taken into use since `find_orphans` is kept.

    `progress` gets the number of files of each step, which is 1.
    """
    removed = []
    for orphan in orphans:
        if _remove(store, orphan):
            removed.append(orphan)
        progress(1)
    return removed


def _remove(store: Path, orphan: Orphan) -> bool:
    path = store / orphan.location
    try:
        with store_lock(store, exclusive=True):
            if _orphan(path, orphan.location, orphan.kind) != orphan:
                return False
            path.unlink()
    except FileNotFoundError:  # removed by another process
        return False
    except OSError as error:
        raise StorageError(f"cannot remove {path}: {error.strerror or error}", cause=error) from error
    return True


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


def _files(store: Path) -> Iterator[Orphan]:
    for path in sorted(store.glob("*/*")):
        kind = "payload" if _PAYLOAD.fullmatch(path.name) else "draft" if _DRAFT.fullmatch(path.name) else None
        if kind is not None:
            with suppress(FileNotFoundError):  # published or removed since the folder was read
                yield _orphan(path, path.relative_to(store).as_posix(), kind)


def _orphan(path: Path, location: str, kind: str) -> Orphan:
    status = path.stat()
    return Orphan(location, kind, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
