"""Plans of schedules that are due: their ticks, and the runs that these start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from spine.core.errors import SpineError
from spine.core.failure import kept_error
from spine.framework.alerts import Alert, AlertSeverity, alert_registry
from spine.framework.alerts.route import RoutedAlert
from spine.orchestration.alerts.rules import not_started_fingerprint
from spine.scheduling.due import Found
from spine.scheduling.firing import Firing, NewRun, PlannedTick
from spine.scheduling.overlap import OverlapRule
from spine.scheduling.policy import Overlap
from spine.scheduling.record import ScheduleRecord
from spine.scheduling.schedule import Schedule
from spine.scheduling.tick import Decision, Tick, TickRecord, TickStatus

Prepare = Callable[[ScheduleRecord, Schedule, TickRecord], NewRun]

_STATUS = {
    Decision.RUN: TickStatus.RUNNING,
    Decision.SKIPPED: TickStatus.SKIPPED,
    Decision.MISSED: TickStatus.MISSED,
}


def firing_of(
    record: ScheduleRecord,
    schedule: Schedule,
    found: Found,
    ticks: list[PlannedTick],
    severity: AlertSeverity | None,
) -> Firing:
    """Return the firing of the ticks that were found and planned."""
    assert record.last_tick_at is not None
    return Firing(
        record.id,
        record.last_tick_at,
        found.newest,
        found.next_due,
        ticks,
        schedule.overlap_rule,
        _alerts(record, found.ticks, ticks, severity),
        overflow_alert(record, schedule.overlap_rule, severity),
    )


def with_run(tick: TickRecord, record: ScheduleRecord, schedule: Schedule, prepare: Prepare) -> PlannedTick:
    """Return the tick with the run that it starts, FAILED if the run cannot be prepared."""
    try:
        return PlannedTick(tick, prepare(record, schedule, tick))
    except SpineError as error:
        return failed(tick, kept_error(error))
    except BaseException as error:  # noqa: BLE001 - a workflow's own resolve_params may raise anything
        return failed(tick, kept_error(error, named=True))


def failed(tick: TickRecord, error: str) -> PlannedTick:
    """Return a tick whose run could not be prepared."""
    return PlannedTick(evolve(tick, status=TickStatus.FAILED, error=error))


def record_of(record: ScheduleRecord, tick: Tick) -> TickRecord:
    """Return the record of a tick of a schedule, as decided."""
    status = _STATUS[tick.decision]
    return TickRecord(record.id, record.name, tick.scheduled_at, status, skip_reason=tick.reason or None)


def _alerts(
    record: ScheduleRecord, found: list[Tick], ticks: list[PlannedTick], severity: AlertSeverity | None
) -> list[RoutedAlert]:
    if severity is None:
        return []
    missed = [tick for tick in found if tick.decision is Decision.MISSED]
    not_started = [each.tick for each in ticks if each.tick.status is TickStatus.FAILED]
    alerts = [alert_registry.routed(_of_missed(record, missed, severity))] if missed else []
    return alerts + ([failed_alert(record, not_started[-1], severity)] if not_started else [])


def failed_alert(record: ScheduleRecord, tick: TickRecord, severity: AlertSeverity) -> RoutedAlert:
    """Return the alert of a tick whose run could not be prepared."""
    return alert_registry.routed(_of_failed(record, tick, severity))


def overflow_alert(record: ScheduleRecord, rule: OverlapRule, severity: AlertSeverity | None) -> RoutedAlert | None:
    """Return the alert of a schedule whose queue is full; None if it has no queue."""
    if severity is None or rule.overlap is not Overlap.QUEUE:
        return None
    facts: dict[str, Any] = {"schedule": record.name, "look_closer": f"spine schedules history {record.name}"}
    alert = Alert(
        severity,
        f"schedule {record.name} skips ticks: its queue is full",
        f"{rule.queue_limit} ticks wait for earlier runs of {record.target_name}; further ones are SKIPPED until there "
        "is room. Let runs end faster, raise max_instances, or run less often.",
        source=record.target_name,
        metadata=facts,
        fingerprint=f"queue-full|{record.name}",
    )
    return alert_registry.routed(alert)


def ahead_alert(record: ScheduleRecord, severity: AlertSeverity | None) -> RoutedAlert | None:
    """Return the alert of a schedule whose last tick is in the future."""
    if severity is None:
        return None
    facts: dict[str, Any] = {"schedule": record.name, "look_closer": f"spine schedules history {record.name}"}
    alert = Alert(
        severity,
        f"schedule {record.name} was ahead of time and counts from now",
        f"Its ticks until {record.last_tick_at:%Y-%m-%d %H:%M:%S} UTC were decided while the database's clock was "
        "ahead. Those that started a run do not run again; check that machine's clock.",
        source=record.target_name,
        metadata=facts,
        fingerprint=f"ahead|{record.name}",
    )
    return alert_registry.routed(alert)


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
    first, count = missed[0], sum(tick.count for tick in missed)
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
