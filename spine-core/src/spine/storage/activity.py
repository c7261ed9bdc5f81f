"""Processes that work with a store, of any project and whatever the version of its tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, column, inspect, select, table

from spine.orchestration.lease import is_gone, is_lease_held, process_name
from spine.storage.presence import ENDED, LIVING
from spine.storage.types import UtcDateTime

_SERVICES = (("scheduler", "core_schedulers"), ("worker", "core_workers"))
_LEASED = (("run", "core_workflow_runs"), ("backfill", "core_backfills"))


def working_processes(connection: Connection, now: datetime) -> Iterator[str]:
    """Yield what each other process does, with its name: a scheduler, a worker, a run or a backfill."""
    for kind, name in _SERVICES:
        for process, seen_at in _rows(connection, name, "process", "seen_at"):
            if not process.endswith(ENDED) and seen_at > now - LIVING and not is_gone(process):
                yield f"a {kind} ({process})"
    for kind, name in _LEASED:
        for owner, expires_at in _rows(connection, name, "lease_owner", "lease_expires_at"):
            if owner != process_name() and is_lease_held(owner, expires_at, now):
                yield f"a {kind} ({owner})"


def _rows(connection: Connection, name: str, process: str, time: str) -> list[tuple[str, datetime]]:
    """Return process and time of each row that has both; none where an older version had no such column."""
    inspector = inspect(connection)
    if not inspector.has_table(name) or {process, time} - {found["name"] for found in inspector.get_columns(name)}:
        return []
    kept = table(name, column(process), column(time, UtcDateTime()))
    query = select(kept).where(kept.c[process].is_not(None), kept.c[time].is_not(None))
    return [(row[0], row[1]) for row in connection.execute(query)]
