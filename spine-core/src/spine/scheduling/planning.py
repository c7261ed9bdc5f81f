"""Plans of due schedules that are made beside the scheduler's loop, since they call project code."""

from __future__ import annotations

from datetime import datetime

from attrs import define, evolve, field, frozen

from spine.core.errors import SpineError
from spine.framework.alerts import AlertSeverity
from spine.orchestration.registry import target_workflow
from spine.scheduling.calendar import BrokenCalendar, WeekdayCalendar
from spine.scheduling.due import due
from spine.scheduling.firing import Firing, PlannedTick
from spine.scheduling.planner import Prepare, failed, firing_of, record_of, with_run
from spine.scheduling.project_call import HungCallError, ProjectCalls
from spine.scheduling.record import ScheduleRecord
from spine.scheduling.schedule import Schedule
from spine.scheduling.tick import Decision, Tick, TickRecord


@frozen
class RunMaker:
    """Maker of the runs of ticks; a workflow's `resolve_params` is called through `calls`."""

    prepare: Prepare
    calls: ProjectCalls

    def make(self, tick: TickRecord, record: ScheduleRecord, key: str, token: object) -> PlannedTick | None:
        """Return the tick with its run, FAILED if that cannot be prepared in time; None while it is prepared."""
        if not _has_resolver(record.target_name):
            return with_run(tick, record, self.prepare)
        what = f"resolve_params of workflow {record.target_name!r}"
        try:
            return self.calls.result(key, token, what, lambda: with_run(tick, record, self.prepare))
        except HungCallError as error:
            return failed(tick, str(error))


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
    _found: list[Tick] | None = field(default=None, init=False)
    _planned: list[PlannedTick] = field(factory=list, init=False)

    def proceed(self) -> Firing | None:
        """Return the firing, None while project code works; raises ScheduleError for a calendar that fails."""
        if self._found is None:
            self._found = self._look()
        if self._found is None:
            return None
        for tick in self._found[len(self._planned) :]:
            made = self._plan(tick)
            if made is None:
                return None
            self._planned.append(made)
        return firing_of(self.record, self.schedule, self._found, self._planned, self.severity)

    def is_about(self, record: ScheduleRecord) -> bool:
        """Return True if the schedule is as it was when the plan began."""
        return (record.last_tick_at, record.definition) == (self.record.last_tick_at, self.record.definition)

    def _look(self) -> list[Tick] | None:
        assert self.record.last_tick_at is not None
        last = self.record.last_tick_at

        def look() -> list[Tick]:
            return due(self.schedule, last, self.now, looked_at=self.looked_at)

        if isinstance(self.schedule.business_days, WeekdayCalendar | BrokenCalendar | None):
            return look()
        what = f"calendar {self.schedule.calendar!r}"
        return self.runs.calls.result(f"calendar of {self.record.id}", (self._token, "look"), what, look)

    def _plan(self, tick: Tick) -> PlannedTick | None:
        kept = record_of(self.record, tick)
        if tick.decision is not Decision.RUN:
            return PlannedTick(kept)
        token = (self._token, tick.scheduled_at)
        made = self.runs.make(kept, self.record, f"tick of {self.record.id}", token)
        if made is None or made.run is not None:
            return made
        return evolve(made, tick=evolve(made.tick, completed_at=self.now))


def _has_resolver(workflow_name: str) -> bool:
    try:
        return target_workflow(workflow_name).resolve_params is not None
    except SpineError:  # it is gone: the tick fails with that sentence
        return False
