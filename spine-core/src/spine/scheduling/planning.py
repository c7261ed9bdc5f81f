"""Plans of due schedules that are made beside the scheduler's loop, since they call project code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from attrs import define, evolve, field, frozen

from spine.core.errors import SpineError
from spine.framework.alerts import AlertSeverity
from spine.orchestration.registry import target_workflow
from spine.scheduling.calendar import BrokenCalendar, WeekdayCalendar
from spine.scheduling.call_guard import CallGuard, EndedProcessError
from spine.scheduling.due import Found, look
from spine.scheduling.firing import Firing, PlannedTick
from spine.scheduling.planner import Prepare, failed, firing_of, record_of, with_run
from spine.scheduling.project_call import HungCallError, ProjectCalls
from spine.scheduling.record import ScheduleRecord
from spine.scheduling.schedule import Schedule
from spine.scheduling.tick import Decision, Tick, TickRecord

T = TypeVar("T")


@frozen
class RunMaker:
    """Maker of the runs of ticks; a workflow's `resolve_params` is called through `calls`, guarded."""

    prepare: Prepare
    calls: ProjectCalls
    guard: CallGuard

    def make(
        self, tick: TickRecord, record: ScheduleRecord, schedule: Schedule, key: str, token: object
    ) -> PlannedTick | None:
        """Return the tick with its run, FAILED if that cannot be prepared in time; None while it is prepared."""
        has_resolver = _has_resolver(record.target_name)
        if not has_resolver and has_safe_calendar(schedule):
            return with_run(tick, record, schedule, self.prepare)
        what = resolver_of(record.target_name) if has_resolver else f"calendar {schedule.calendar!r}"
        try:
            return self.result(key, token, record, what, lambda: with_run(tick, record, schedule, self.prepare))
        except (HungCallError, EndedProcessError) as error:
            return failed(tick, str(error))

    def result(self, key: str, token: object, record: ScheduleRecord, what: str, function: Callable[[], T]) -> T | None:
        """Return the result of a call for a schedule, None while it works; see ProjectCalls.result."""
        return self.calls.result(key, token, what, lambda: self.guard.call(record.id, record.name, what, function))


@define(eq=False)
class Planning:
    """The plan of one schedule as of `now`, the look at which it was due; see `plan`."""

    record: ScheduleRecord
    schedule: Schedule
    now: datetime
    looked_at: datetime | None
    severity: AlertSeverity | None
    runs: RunMaker
    _token: object = field(factory=object, init=False)
    _found: Found | None = field(default=None, init=False)
    _planned: list[PlannedTick] = field(factory=list, init=False)

    def proceed(self) -> Firing | None:
        """Return the firing, None while project code works; raises ScheduleError for a calendar that fails."""
        if self._found is None:
            self._found = self._look()
        if self._found is None:
            return None
        for tick in self._found.ticks[len(self._planned) :]:
            made = self._plan(tick)
            if made is None:
                return None
            self._planned.append(made)
        return firing_of(self.record, self.schedule, self._found, self._planned, self.severity)

    def is_about(self, record: ScheduleRecord) -> bool:
        """Return True if the schedule is as it was when the plan began."""
        return (record.last_tick_at, record.definition) == (self.record.last_tick_at, self.record.definition)

    def _look(self) -> Found | None:
        assert self.record.last_tick_at is not None
        last = self.record.last_tick_at

        def find() -> Found:
            return look(self.schedule, last, self.now, self.looked_at)

        if has_safe_calendar(self.schedule):
            return find()
        what = f"calendar {self.schedule.calendar!r}"
        return self.runs.result(f"calendar of {self.record.id}", (self._token, "look"), self.record, what, find)

    def _plan(self, tick: Tick) -> PlannedTick | None:
        kept = record_of(self.record, tick)
        if tick.decision is not Decision.RUN:
            return PlannedTick(kept)
        token = (self._token, tick.scheduled_at)
        made = self.runs.make(kept, self.record, self.schedule, f"tick of {self.record.id}", token)
        return decided_at(self.now, made)


def decided_at(now: datetime, planned: PlannedTick | None) -> PlannedTick | None:
    """Return a planned tick, completed at `now` if no run could be prepared for it."""
    if planned is None or planned.run is not None:
        return planned
    return evolve(planned, tick=evolve(planned.tick, completed_at=now))


def has_safe_calendar(schedule: Schedule) -> bool:
    """Return True if its calendar may be called in the scheduler's loop: it is one of core's, or there is none."""
    return isinstance(schedule.business_days, WeekdayCalendar | BrokenCalendar | None)


def resolver_of(workflow_name: str) -> str:
    """Return the words for the `resolve_params` of a workflow in an error."""
    return f"resolve_params of workflow {workflow_name!r}"


def _has_resolver(workflow_name: str) -> bool:
    try:
        return target_workflow(workflow_name).resolve_params is not None
    except SpineError:  # it is gone: the tick fails with that sentence
        return False
