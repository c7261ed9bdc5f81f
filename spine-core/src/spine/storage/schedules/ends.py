"""Ends of ticks in SQL, written in the transaction that ends their runs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, update

from spine.orchestration.records import RunRecord
from spine.scheduling.tick import end_of_tick
from spine.storage.tables.schedules import schedule_runs, schedules

_END_TICK = (
    update(schedule_runs)
    .where(schedule_runs.c.run_id == bindparam("of_run"))
    .values({name: bindparam(name) for name in ("status", "completed_at", "error")})
)
_NOTE_LAST = (
    update(schedules)
    .where(schedules.c.id == bindparam("of_schedule"))
    .values({name: bindparam(name) for name in ("last_run_at", "last_run_status")})
)


def end_tick(connection: Connection, run: RunRecord, now: datetime) -> None:
    """End the tick that started a run; called first in the transaction of the run's end.

    The claim of ticks also locks the schedule before any run, so the two cannot deadlock.
    """
    status, error = end_of_tick(run)
    last = {"of_schedule": run.schedule_id, "last_run_at": run.started_at, "last_run_status": run.status.name}
    connection.execute(_NOTE_LAST, last)
    ended = {"of_run": run.run_id, "status": status.value, "completed_at": now, "error": error}
    connection.execute(_END_TICK, ended)
