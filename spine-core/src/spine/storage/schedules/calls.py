"""Calls of project code for schedules in SQL, by process: those of ended processes stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from spine.orchestration.lease import is_gone, local_pid
from spine.storage.tables.schedules import schedule_calls as calls

_SILENT = timedelta(minutes=10)  # a process on another machine whose call takes longer is taken for dead
_FORGOTTEN = timedelta(days=1)


def begin_call(connection: Connection, project: str, schedule_id: str, process: str, now: datetime) -> int:
    """Record a call, unless too many processes ended in one; see ScheduleStore.begin_call."""
    connection.execute(delete(calls).where(calls.c.schedule_id == schedule_id, calls.c.begun_at < now - _FORGOTTEN))
    query = select(calls.c.process, calls.c.begun_at).where(calls.c.schedule_id == schedule_id)
    others = [row for row in connection.execute(query) if row.process != process]
    mine = (calls.c.schedule_id == schedule_id, calls.c.process == process)
    if not connection.execute(update(calls).where(*mine).values(begun_at=now)).rowcount:
        row = {"project": project, "schedule_id": schedule_id, "process": process, "begun_at": now}
        connection.execute(insert(calls).values(row))
    return sum(_has_ended(row.process, row.begun_at, now) for row in others)


def end_calls(connection: Connection, schedule_id: str) -> None:
    """Forget all calls for a schedule."""
    connection.execute(delete(calls).where(calls.c.schedule_id == schedule_id))


def leave_calls(connection: Connection, process: str) -> None:
    """Forget the calls of a process that ends as it should."""
    connection.execute(delete(calls).where(calls.c.process == process))


def _has_ended(process: str, begun_at: datetime, now: datetime) -> bool:
    return is_gone(process) or (local_pid(process) is None and begun_at < now - _SILENT)
