"""Logical time of the ticks of a schedule: a function of the schedule alone, not of its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve

from spine.orchestration.registry import target_workflow
from spine.orchestration.tick_time import TickTime
from spine.scheduling.due import starts_at
from spine.scheduling.firing import NewRun
from spine.scheduling.named_values import filled
from spine.scheduling.occurrence import Occurrence
from spine.scheduling.record import ScheduleRecord
from spine.scheduling.schedule import Schedule
from spine.scheduling.tick import TickRecord
from spine.scheduling.trigger import Trigger, ticks_between

if TYPE_CHECKING:
    from spine.orchestration.engine.runner import WorkflowRunner

_INSTANT = timedelta(microseconds=1)
_SHORTEST_WINDOW = timedelta(minutes=1)
_LONGEST_WINDOW = timedelta(days=366 * 12)  # from one February 29 to the next, across a year such as 2100


def tick_time(schedule: Schedule, scheduled_at: datetime) -> TickTime:
    """Return the time of a tick, in the schedule's zone, with the interval from the tick before it.

    Raises ScheduleError for a calendar that fails.
    """
    at = scheduled_at.astimezone(schedule.zone)
    before = previous_tick(schedule, scheduled_at)
    start = at if before is None else before.astimezone(schedule.zone)
    return TickTime(schedule.name, at, start, at)


def run_of(runner: WorkflowRunner, record: ScheduleRecord, schedule: Schedule, kept: TickRecord) -> NewRun:
    """Return the run of a tick, which calls the workflow's `resolve_params`.

    The run of an occurrence is about its partition, as far as the workflow has those parameters. Raises ScheduleError
    for one that its own schedule has caused.
    """
    workflow, tick = target_workflow(record.target_name), tick_time(schedule, kept.scheduled_at)
    params: dict[str, object] = {}
    partition: Mapping[str, str] | None = None
    if kept.cause:
        occurrence = Occurrence(kept.cause, kept.scheduled_at, **kept.facts)
        occurrence.check_cycle(record.name)
        tick = evolve(tick, cause=occurrence.values, chain=(*occurrence.chain, record.name))
        names = workflow.partition_by or (workflow.params.params if workflow.params is not None else ())
        params = {name: value for name, value in occurrence.partition.items() if name in names}
        partition = None if workflow.partition_by else occurrence.partition or None
    params |= params_at(schedule, tick)
    run = runner.prepare(workflow, params, partition, schedule_id=record.id, tick=tick)
    return NewRun(run, workflow.to_dict())


def params_at(schedule: Schedule, tick: TickTime) -> dict[str, object]:
    """Return the parameters of a tick's run: those of the schedule, with named values filled in."""
    values: dict[str, Callable[[], date | str]] = {
        "scheduled_at": lambda: tick.scheduled_at,
        "interval_start": lambda: tick.interval_start,
        "interval_end": lambda: tick.interval_end,
        "previous_business_day": lambda: schedule.previous_business_day(tick.scheduled_at.date()),
        **{name: partial(str, value) for name, value in tick.cause.items()},
    }
    found: dict[str, object] = filled(schedule.params, values)
    return found


def previous_tick(schedule: Schedule, moment: datetime) -> datetime | None:
    """Return the last tick before `moment` that runs, by trigger, calendar and blackouts; None if there is none.

    Ticks that are skipped by a rule do not count, so that the intervals of those that run leave no time out.
    """
    if _begins_with(schedule.trigger, moment):
        return None
    until, window = moment.astimezone(UTC) - _INSTANT, _SHORTEST_WINDOW
    while window <= _LONGEST_WINDOW:
        try:
            start = until - window
        except OverflowError:  # the calendar of datetime begins with the year 1
            return None
        found = list(ticks_between(schedule.trigger, start, until))
        last = next((tick for tick in reversed(found) if _runs(schedule, tick)), None)
        if last is not None:
            return last
        until, window = start, window * 2
    return None


def _begins_with(trigger: Trigger, moment: datetime) -> bool:
    """Return True if a trigger has no tick before `moment`, as far back as a look goes."""
    try:
        first = trigger.next_after(moment - 2 * _LONGEST_WINDOW)
    except OverflowError:
        return False
    return first is None or first >= moment


def around(schedule: Schedule, moment: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the ticks nearest to `moment`: the last before it and the first after it."""
    after = schedule.trigger.next_after(moment)
    return previous_tick(schedule, moment), after


def is_tick(schedule: Schedule, moment: datetime) -> bool:
    """Return True if the schedule has a tick at `moment`."""
    return schedule.trigger.next_after(moment - _INSTANT) == moment


def _runs(schedule: Schedule, tick: datetime) -> bool:
    return schedule.closed_at(tick) is None and schedule.closed_at(starts_at(schedule, tick)) is None
