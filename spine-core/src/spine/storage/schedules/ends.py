"""Ends of ticks in SQL, written in the transaction that ends their runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
    row = tick_row(run)
    last = {name: row[name] for name in ("last_run_at", "last_run_status")}
    connection.execute(_NOTE_LAST, {"of_schedule": run.schedule_id, **last})
    ended = {"status": row["tick_status"], "completed_at": now, "error": row["tick_error"]}
    connection.execute(_END_TICK, {"of_run": run.run_id, **ended})


def tick_row(run: RunRecord) -> dict[str, Any]:
    """Return the columns of a schedule, and with the prefix `tick_` those of its tick, after the end of a run."""
    status, error = end_of_tick(run)
    last = {"schedule_id": run.schedule_id, "last_run_at": run.started_at, "last_run_status": run.status.name}
    return {**last, "tick_status": status.value, "tick_error": error}
