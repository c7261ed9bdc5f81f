"""Stored schedules, made from declarations and read back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs

from spine.core.errors import ConfigError, ScheduleError
from spine.core.ids import new_id
from spine.core.jsonvalue import to_json_value
from spine.core.suggest import did_you_mean
from spine.framework.pipelines import pipeline_registry
from spine.orchestration import workflow_registry
from spine.scheduling.business_day import OnHoliday
from spine.scheduling.declare import read_schedule
from spine.scheduling.due import next_due
from spine.scheduling.interval import IntervalTrigger
from spine.scheduling.occurrence import OccurrenceTrigger
from spine.scheduling.one_shot import DateTrigger
from spine.scheduling.schedule import Schedule

_OVERDUE_AFTER = timedelta(minutes=1)


@attrs.frozen
class ScheduleRecord:
    """A stored schedule; `definition` is its declaration, `last_tick_at` the newest tick that is decided.

    `declared` ones come from `spine.toml`, the others from `spine schedules add`; with `gone_at` it is there no longer,
    and starts no run. `max_instances` 0 means no limit.
    """

    name: str
    target_type: str
    target_name: str
    params: Mapping[str, Any]
    schedule_type: str
    timezone: str
    enabled: bool
    max_instances: int
    definition: Mapping[str, Any]
    declared: bool
    cron_expression: str | None = None
    interval_seconds: float | None = None
    run_at: datetime | None = None
    misfire_grace_seconds: float | None = None
    paused_at: datetime | None = None
    gone_at: datetime | None = None
    last_tick_at: datetime | None = None
    next_run_at: datetime | None = None
    last_run_at: datetime | None = None
    last_run_status: str | None = None
    id: str = attrs.field(factory=new_id)

    @property
    def is_active(self) -> bool:
        """True if its ticks start runs."""
        return self.enabled and self.paused_at is None and self.gone_at is None

    def is_overdue(self, now: datetime) -> bool:
        """Return True if a tick should have been started by now, which takes a living scheduler seconds."""
        return self.is_active and self.next_run_at is not None and self.next_run_at < now - _OVERDUE_AFTER

    @property
    def state(self) -> str:
        """State for display: `gone`, `paused`, `on` or `off`."""
        return "gone" if self.gone_at else "paused" if self.paused_at else "on" if self.enabled else "off"

    @property
    def when(self) -> str:
        """Times for display, as they are declared."""
        given = self.definition
        for key in ("cron", "every", "at"):
            if given.get(key):
                return str(given[key])
        for key in ("on_capture", "on_workflow", "on_file", "on_event"):
            if key in given:
                return f"{key} {given[key]}"
        return f"business day {given['business_day']} of {given['of']}, {given['time']}"


_FIELDS = tuple(item.name for item in attrs.fields(ScheduleRecord))
DECLARED_FIELDS = _FIELDS[: _FIELDS.index("paused_at")]  # set by a declaration; the others are state


def to_record(schedule: Schedule, now: datetime, *, declared: bool) -> ScheduleRecord:
    """Return the record of a schedule that counts from `now`."""
    trigger = schedule.trigger
    return ScheduleRecord(
        name=schedule.name,
        target_type="workflow" if schedule.workflow else "pipeline",
        target_name=schedule.target,
        params=to_json_value(schedule.params, "params"),
        schedule_type=_type_of(schedule),
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
        next_run_at=_first_due(schedule, now),
    )


def _type_of(schedule: Schedule) -> str:
    if isinstance(schedule.trigger, OccurrenceTrigger):
        return schedule.trigger.kind.value
    if schedule.business_day is not None:
        return "business_day"
    return "cron" if schedule.cron else "interval" if schedule.every else "date"


def _first_due(schedule: Schedule, now: datetime) -> datetime | None:
    try:
        return next_due(schedule, now)
    except ScheduleError:  # its calendar fails: the scheduler asks again at its next look
        return now


def from_record(record: ScheduleRecord) -> Schedule:
    """Return the schedule of a record."""
    return read_schedule(record.name, record.definition, f"schedule {record.name!r}")


def check_target(schedule: Schedule, where: str) -> None:
    """Raise a ConfigError, with the closest name, for a target or an `on_workflow` that does not exist."""
    kind = "workflow" if schedule.workflow else "pipeline"
    known = workflow_registry.list_workflows() if schedule.workflow else pipeline_registry.list_pipelines()
    if schedule.target not in known:
        raise ConfigError(f"{where}: there is no {kind} {schedule.target!r}{did_you_mean(schedule.target, known)}")
    cause, workflows = schedule.on_workflow, workflow_registry.list_workflows()
    if cause is not None and cause not in workflows:
        raise ConfigError(f"{where}: on_workflow: there is no workflow {cause!r}{did_you_mean(cause, workflows)}")


def _definition(schedule: Schedule) -> dict[str, Any]:
    found = {}
    for item in attrs.fields(Schedule):
        value = getattr(schedule, item.name)
        if value is OnHoliday.SKIP:  # as in declarations that were stored before there was such a rule
            continue
        if item.init and item.name != "name" and value not in (None, (), {}):
            plain = [item.value for item in value] if item.name == "when" else getattr(value, "value", value)
            found[item.name] = to_json_value(plain, item.name)
    return found
