"""Ticks of occurrences: the firing of a schedule that they trigger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve

from spine.framework.alerts import AlertSeverity
from spine.scheduling.firing import Firing, PlannedTick
from spine.scheduling.occurrence import Occurrence, Occurrences, OccurrenceTrigger
from spine.scheduling.planner import failed_alert
from spine.scheduling.planning import RunMaker, decided_at, has_safe_calendar
from spine.scheduling.record import ScheduleRecord
from spine.scheduling.schedule import MOST_QUEUED, Schedule
from spine.scheduling.tick import TickRecord, TickStatus

LATEST_COMMIT = timedelta(days=1)  # after the time that an occurrence says, its transaction may commit as late as this
_STEP = timedelta(hours=1)


def caused(
    record: ScheduleRecord,
    schedule: Schedule,
    occurrences: Occurrences,
    runs: RunMaker,
    severity: AlertSeverity | None,
    now: datetime,
) -> Firing | None:
    """Return the firing of the oldest occurrences that have no tick, as many as there is room for; None without one.

    One on a day that the schedule's calendar closes is SKIPPED, and so is each while `now` is in a blackout; raises
    ScheduleError for a calendar that fails. The others wait where they are recorded, so that a storm of them neither
    fills the queue nor loses one.
    """
    assert isinstance(schedule.trigger, OccurrenceTrigger)
    assert record.last_tick_at is not None
    room = _room(schedule, occurrences.open_ticks(record.id))
    found = occurrences.undecided(record, schedule.trigger, room) if room else ()
    closed = _closed_days(record, schedule, found, runs) if found else {}
    ticks: list[PlannedTick] = []
    for occurrence in found:
        why = None if closed is None else closed.get(occurrence.cause)
        if why is None:  # the calendar works, or has not been asked about it
            break
        made = _planned(record, schedule, occurrence, why, runs, now)
        if made is None:  # project code works
            break
        ticks.append(made)
    since = record.last_tick_at
    if len(ticks) == len(found) < room and since < now - LATEST_COMMIT - _STEP:  # none before it is left
        since = now - LATEST_COMMIT
    if not ticks and since == record.last_tick_at:
        return None
    not_started = [planned.tick for planned in ticks if planned.tick.status is TickStatus.FAILED]
    alerts = [failed_alert(record, not_started[-1], severity)] if not_started and severity is not None else []
    return Firing(record.id, record.last_tick_at, since, None, ticks, schedule.overlap_rule, alerts)


def _room(schedule: Schedule, busy: int) -> int:
    rule = schedule.overlap_rule
    if rule.limit is None or not rule.queues:
        return MOST_QUEUED
    return max(rule.limit + rule.queue_limit - busy, 0)


def _closed_days(
    record: ScheduleRecord, schedule: Schedule, found: Sequence[Occurrence], runs: RunMaker
) -> dict[str, str] | None:
    """Return by cause why an occurrence is on a day that is no business day, or an empty text; None while it works."""

    def ask() -> dict[str, str]:
        return {each.cause: schedule.closed_day_of(each.at) or "" for each in found}

    if has_safe_calendar(schedule):
        return ask()
    token = (record.definition, found[0].cause)
    return runs.result(f"days of {record.id}", token, record, f"calendar {schedule.calendar!r}", ask)


def _planned(
    record: ScheduleRecord,
    schedule: Schedule,
    occurrence: Occurrence,
    closed_day: str,
    runs: RunMaker,
    now: datetime,
) -> PlannedTick | None:
    tick = TickRecord(
        record.id,
        record.name,
        occurrence.at,
        TickStatus.RUNNING,
        cause=occurrence.cause,
        facts=occurrence.to_dict(),
    )
    window = schedule.blackout_at(now)
    if why := closed_day if window is None else f"in the blackout {window.text}":
        return PlannedTick(evolve(tick, status=TickStatus.SKIPPED, skip_reason=why))
    made = runs.make(tick, record, schedule, f"occurrence of {record.id}", (record.id, occurrence.cause))
    return decided_at(now, made)
