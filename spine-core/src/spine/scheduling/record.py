"""Schedules as they are kept, and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from spine.core.errors import ConfigError
from spine.core.jsonvalue import to_json_value
from spine.core.suggest import did_you_mean
from spine.framework.pipelines import pipeline_registry
from spine.orchestration import workflow_registry
from spine.scheduling.declare import read_schedule
from spine.scheduling.due import next_due
from spine.scheduling.interval import IntervalTrigger
from spine.scheduling.one_shot import DateTrigger
from spine.scheduling.schedule import Schedule
from spine.storage.schedules.records import ScheduleRecord


def to_record(schedule: Schedule, now: datetime, *, declared: bool) -> ScheduleRecord:
    """Return what is kept of a schedule that counts from `now`."""
    trigger = schedule.trigger
    return ScheduleRecord(
        name=schedule.name,
        target_type="workflow" if schedule.workflow else "pipeline",
        target_name=schedule.target,
        params=to_json_value(schedule.params, "params"),
        schedule_type="cron" if schedule.cron else "interval" if schedule.every else "date",
        timezone=schedule.timezone,
        enabled=schedule.enabled,
        max_instances=schedule.instance_limit or 0,
        definition=_definition(schedule),
        declared=declared,
        cron_expression=schedule.cron,
        interval_seconds=trigger.every.total_seconds() if isinstance(trigger, IntervalTrigger) else None,
        run_at=trigger.at if isinstance(trigger, DateTrigger) else None,
        misfire_grace_seconds=schedule.misfire_grace_seconds,
        last_tick_at=now,
        next_run_at=next_due(schedule, now),
    )


def from_record(record: ScheduleRecord) -> Schedule:
    """Return a schedule that was kept."""
    return read_schedule(record.name, record.definition, f"schedule {record.name!r}")


def check_target(schedule: Schedule, where: str) -> None:
    """Raise a ConfigError, with the closest name, for a target that does not exist."""
    kind = "workflow" if schedule.workflow else "pipeline"
    known = workflow_registry.list_workflows() if schedule.workflow else pipeline_registry.list_pipelines()
    if schedule.target not in known:
        raise ConfigError(f"{where}: there is no {kind} {schedule.target!r}{did_you_mean(schedule.target, known)}")


def _definition(schedule: Schedule) -> dict[str, Any]:
    found = {}
    for item in attrs.fields(Schedule):
        value = getattr(schedule, item.name)
        if item.init and item.name != "name" and value not in (None, (), {}):
            found[item.name] = to_json_value(getattr(value, "value", value), item.name)
    return found
