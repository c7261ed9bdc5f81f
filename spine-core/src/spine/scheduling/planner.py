"""Plans of schedules that are due: their ticks, and the runs that these start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import evolve

from spine.core.errors import SpineError
from spine.core.failure import kept_error
from spine.framework.alerts import Alert, AlertSeverity, alert_registry
from spine.framework.alerts.route import RoutedAlert
from spine.orchestration.alerts.rules import not_started_fingerprint
from spine.scheduling.due import due, next_due
from spine.scheduling.firing import Firing, NewRun, PlannedTick
from spine.scheduling.record import ScheduleRecord
from spine.scheduling.schedule import Schedule
from spine.scheduling.tick import Decision, Tick, TickRecord, TickStatus

Prepare = Callable[[ScheduleRecord], NewRun]

_STATUS = {
    Decision.RUN: TickStatus.RUNNING,
    Decision.SKIPPED: TickStatus.SKIPPED,
    Decision.MISSED: TickStatus.MISSED,
}


def plan(
    record: ScheduleRecord, schedule: Schedule, now: datetime, prepare: Prepare, severity: AlertSeverity | None
) -> Firing | None:
    """Return the firing of `schedule` at `now`; None if the record has no last tick.

    If the run cannot be prepared, because its workflow is gone or its parameters fail, the tick is FAILED. FAILED and
    MISSED ticks alert with `severity`, unless that is None.
    """
    if record.last_tick_at is None:
        return None
    found = due(schedule, record.last_tick_at, now)
    newest = found[-1].scheduled_at if found else record.last_tick_at
    ticks = [_planned(record, tick, prepare, now) for tick in found]
    return Firing(
        record.id,
        record.last_tick_at,
        newest,
        next_due(schedule, newest),
        ticks,
        schedule.overlap_rule,
        _alerts(record, found, ticks, severity),
    )


def with_run(tick: TickRecord, record: ScheduleRecord, prepare: Prepare) -> PlannedTick:
    """Return the tick with the run that it starts, FAILED if the run cannot be prepared."""
    try:
        return PlannedTick(tick, _of_tick(prepare(record), tick))
    except SpineError as error:
        return PlannedTick(evolve(tick, status=TickStatus.FAILED, error=kept_error(error)))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a workflow's own resolve_params may raise anything
        return PlannedTick(evolve(tick, status=TickStatus.FAILED, error=kept_error(error, named=True)))


def _of_tick(run: NewRun, tick: TickRecord) -> NewRun:
    """Return the run with its scheduled time in its context."""
    state = run.record.execution
    context = {**state.context, "scheduled_at": tick.scheduled_at.isoformat()}
    return evolve(run, record=evolve(run.record, execution=evolve(state, context=context)))


def _planned(record: ScheduleRecord, tick: Tick, prepare: Prepare, now: datetime) -> PlannedTick:
    kept = TickRecord(
        record.id, record.name, tick.scheduled_at, _STATUS[tick.decision], skip_reason=tick.reason or None
    )
    if tick.decision is not Decision.RUN:
        return PlannedTick(kept)
    planned = with_run(kept, record, prepare)
    return planned if planned.run else PlannedTick(evolve(planned.tick, completed_at=now))


def _alerts(
    record: ScheduleRecord, found: list[Tick], ticks: list[PlannedTick], severity: AlertSeverity | None
) -> list[RoutedAlert]:
    if severity is None:
        return []
    missed = [tick for tick in found if tick.decision is Decision.MISSED]
    failed = [planned.tick for planned in ticks if planned.tick.status is TickStatus.FAILED]
    alerts = [_of_missed(record, missed, severity)] if missed else []
    alerts += [_of_failed(record, failed[-1], severity)] if failed else []
    return [alert_registry.routed(alert) for alert in alerts]


def _of_failed(record: ScheduleRecord, tick: TickRecord, severity: AlertSeverity) -> Alert:
    facts: dict[str, Any] = {"schedule": record.name, "look_closer": f"spine schedules history {record.name}"}
    return Alert(
        severity,
        f"schedule {record.name} could not start {record.target_name}",
        f"The tick of {tick.scheduled_at:%Y-%m-%d %H:%M:%S} UTC: {tick.error}",
        source=record.target_name,
        metadata=facts,
        fingerprint=not_started_fingerprint(record.name),
    )


def _of_missed(record: ScheduleRecord, missed: list[Tick], severity: AlertSeverity) -> Alert:
    first, count = missed[0], len(missed)
    which = f"the tick of {first.scheduled_at:%Y-%m-%d %H:%M:%S} UTC"
    facts: dict[str, Any] = {"schedule": record.name, "look_closer": f"spine schedules history {record.name}"}
    return Alert(
        severity,
        f"schedule {record.name} missed {which if count == 1 else f'{count:,} ticks'}",
        f"It was {first.reason}." if count == 1 else f"The oldest was {which}: {first.reason}.",
        source=record.target_name,
        metadata=facts,
        fingerprint=f"missed|{record.name}",
    )
