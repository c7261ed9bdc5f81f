"""Revisions of captures about which a schedule has to start a run, or whose run has not ended."""

from __future__ import annotations

from sqlalchemy import Connection, exists, select

from spine.scheduling.occurrence import OccurrenceKind
from spine.scheduling.tick import TickStatus
from spine.storage.history import History
from spine.storage.schedules.rows import IS_ACTIVE
from spine.storage.tables.captures import captures
from spine.storage.tables.schedules import schedule_runs as ticks
from spine.storage.tables.schedules import schedules

_OPEN_TICKS = [status.value for status in TickStatus if status.is_open]


def awaited(history: History, connection: Connection) -> set[str]:
    """Return the ids of the revisions that a schedule with `on_capture` has not decided, or whose tick is open."""
    open_ticks = select(ticks.c.cause).where(history.own(ticks), ticks.c.status.in_(_OPEN_TICKS), ticks.c.cause != "")
    found = set(connection.execute(open_ticks).scalars())
    kind = (history.own(schedules), *IS_ACTIVE, schedules.c.schedule_type == OccurrenceKind.CAPTURE.value)
    for row in connection.execute(
        select(schedules.c.id, schedules.c.definition, schedules.c.last_tick_at).where(*kind)
    ):
        has_tick = exists().where(ticks.c.schedule_id == row.id, ticks.c.cause == captures.c.capture_id)
        undecided = select(captures.c.capture_id).where(
            history.own(captures),
            captures.c.name == row.definition["on_capture"],
            captures.c.captured_at > row.last_tick_at,
            ~has_tick,
        )
        found.update(connection.execute(undecided).scalars())
    return found
