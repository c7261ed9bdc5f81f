"""Schedules and ticks as rows of their tables, and back."""

from __future__ import annotations

from typing import Any

from attrs import fields
from sqlalchemy import RowMapping

from spine.scheduling.record import ScheduleRecord
from spine.scheduling.tick import TickRecord, TickStatus
from spine.storage.tables.schedules import schedules
from spine.storage.types import of_row

_SCHEDULE_FIELDS = tuple(item.name for item in fields(ScheduleRecord))
_TICK_FIELDS = tuple(item.name for item in fields(TickRecord))


IS_ACTIVE = (schedules.c.enabled, schedules.c.paused_at.is_(None), schedules.c.gone_at.is_(None))
"""Conditions that the ticks of a schedule start runs; see ScheduleRecord.is_active."""


def schedule_row(record: ScheduleRecord) -> dict[str, Any]:
    row = {name: getattr(record, name) for name in _SCHEDULE_FIELDS}
    return {**row, "params": dict(record.params), "definition": dict(record.definition)}


@of_row
def schedule_of(row: RowMapping) -> ScheduleRecord:
    return ScheduleRecord(**{name: row[name] for name in _SCHEDULE_FIELDS})


def tick_row(tick: TickRecord) -> dict[str, Any]:
    return {name: getattr(tick, name) for name in _TICK_FIELDS} | {
        "status": tick.status.value,
        "facts": dict(tick.facts),
    }


@of_row
def tick_of(row: RowMapping) -> TickRecord:
    return TickRecord(**{name: row[name] for name in _TICK_FIELDS} | {"status": TickStatus(row["status"])})
