"""Schedules of a project, declared or added, their ticks, and actions on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.errors import ScheduleError, SpineError
from spine.core.ids import new_id
from spine.core.names import check_text, validate_name
from spine.core.suggest import no_such
from spine.framework.trigger_source import TriggerSource
from spine.scheduling.declare import read_schedule
from spine.scheduling.due import next_due
from spine.scheduling.lint import Finding, lint
from spine.scheduling.logical_time import around, is_tick, params_at, run_of, tick_time
from spine.scheduling.one_shot import parse_moment
from spine.scheduling.planning import resolver_of
from spine.scheduling.project_call import ProjectCalls
from spine.scheduling.reconcile import require_present
from spine.scheduling.record import ScheduleRecord, check_target, from_record, to_record
from spine.scheduling.store import UnknownScheduleError
from spine.scheduling.tick import TickRecord, TickStatus
from spine.scheduling.upcoming import Upcoming, upcoming
from spine.storage.schedules.occurrences import SqlOccurrences

if TYPE_CHECKING:
    from spine.app import Application
    from spine.orchestration import WorkflowResult
    from spine.orchestration.engine.listener import RunListener
    from spine.orchestration.stop import Stop
    from spine.orchestration.tick_time import TickTime
    from spine.project.scheduler import ProjectScheduler
    from spine.storage.schedules.schedulers import Schedulers
    from spine.storage.schedules.store import SqlScheduleStore


@frozen
class Schedules:
    """Queries over schedules, and actions. A schedule is given by its name.

    Raises UnknownScheduleError with the closest name, ConfigError for an invalid declaration.
    """

    _application: Application

    def list(self) -> Sequence[ScheduleRecord]:
        """Return every schedule by name, as `spine.toml` declares it now, also those that are gone."""
        return self._application.view_schedules()

    def schedulers(self) -> Schedulers:
        """Return the schedulers of the project: those that are `living`, and when one was `last_seen`."""
        from spine.app.service import schedulers_of

        return schedulers_of(self._application, self.list())

    def get(self, name: str) -> ScheduleRecord:
        """Return a schedule, as `spine.toml` declares it now."""
        found = {record.name: record for record in self.list()}
        if name not in found:
            raise UnknownScheduleError(no_such("schedule", name, found))
        return found[name]

    def history(
        self,
        schedule: str | ScheduleRecord | None = None,
        *,
        since: datetime | None = None,
        status: Collection[str] = (),
        limit: int = 20,
    ) -> Sequence[TickRecord]:
        """Return the newest ticks first, of one schedule or of all, with `since` none before that time.

        A schedule is given by its name or as `list` returns it, `status` as names such as `MISSED`.
        """
        store = self._application.recorded_schedules
        if isinstance(schedule, ScheduleRecord):
            return store.ticks(schedule.id, since=since, status=status, limit=limit)
        try:
            return store.history(schedule, since=since, status=status, limit=limit)
        except UnknownScheduleError:
            if schedule in self._application.settings.schedules:
                return []  # declared since the database was last synchronised
            raise

    def upcoming(
        self, schedule: str | ScheduleRecord, count: int, *, until: datetime | None = None
    ) -> Sequence[Upcoming]:
        """Return the next ticks of a schedule, given by its name or as `list` returns it; with `until`, none later."""
        record = self.get(schedule) if isinstance(schedule, str) else schedule
        return upcoming(
            from_record(record), self._application.databases.now(), count, *(() if until is None else (until,))
        )

    def lint(self) -> Sequence[Finding]:
        """Return the gaps, repeats and overlaps of the next two years, and the cycles of triggers."""
        schedules = [from_record(record) for record in self.list() if record.gone_at is None]
        names = [schedule.on_capture for schedule in schedules if schedule.on_capture is not None]
        history = self._application.databases.readable()
        makers = {} if history is None else SqlOccurrences(history).makers_of(names)
        return lint(schedules, self._application.databases.now(), makers=makers)

    def add(self, name: str, table: Mapping[str, Any]) -> None:
        """Add a schedule beside those of `spine.toml`; `table` is as in `[schedules.NAME]`."""
        store, where = self._application.schedules, f"schedule {name!r}"
        now = store.now()
        schedule = read_schedule(name, table, where, now)
        check_target(schedule, where)
        store.add(to_record(schedule, now, declared=False))

    def remove(self, name: str) -> None:
        """Remove a schedule that was added; its ticks and runs stay."""
        self._application.schedules.remove(name)

    def pause(self, name: str) -> ScheduleRecord:
        """Pause a schedule: it starts no run until it is resumed.

        Where `spine.toml` or a module of the project is at fault, it is paused as it was declared last.
        """
        fault = self._fault()
        store = self._application.schedules if fault is None else self._application.recorded_schedules
        if fault is not None and name not in {record.name for record in store.list_schedules()}:
            raise fault
        require_present(store.get(name))
        return store.pause(name)

    def _fault(self) -> SpineError | None:
        """Return the error of the project's code or settings, for which its schedules cannot be read; None without."""
        try:
            self._application.view_schedules()
        except SpineError as error:
            return error
        return next((fault.error for fault in self._application.faults.found), None)

    def resume(self, name: str) -> ScheduleRecord:
        """Resume a schedule from now; missed ticks are not caught up."""
        store, record = self._present(name)
        return store.resume(name, next_due(from_record(record), store.now()))

    def trigger(self, name: str, *, listeners: Sequence[RunListener] = (), stop: Stop | None = None) -> WorkflowResult:
        """Run the target of a schedule now, in this process, whatever its time and its overlap rules.

        Raises HungCallError if its `resolve_params` takes longer than that of a tick may.
        """
        store, record = self._present(name)
        schedule, now = from_record(record), store.now()
        tick = TickRecord(record.id, record.name, now, TickStatus.RUNNING)
        runner = self._application.runner(listeners=listeners, triggered_by=TriggerSource.CLI)
        calls = ProjectCalls(self._application.settings.scheduler.call_seconds)
        run = calls.wait(resolver_of(record.target_name), lambda: run_of(runner, record, schedule, tick))
        store.trigger(record, run, now, runner.lease)
        return runner.execute_prepared(run.record.run_id, stop=stop)

    def emit(self, name: str, key: str | None = None) -> dict[str, Any]:
        """Record that event `name` has happened, once for each key; `is_new` is False if it was recorded before.

        Schedules with `on_event` of that name start a run. Without a key, each call is an event of its own.
        """
        validate_name(name, "event name")
        used = check_text(new_id() if key is None else key, "the key of the event")
        is_new = SqlOccurrences(self._application.history).emit(name, used, {})
        return {"name": name, "key": used, "is_new": is_new}

    def tick_of(self, workflow: str, at: str, schedule: str | None = None) -> tuple[dict[str, Any], TickTime]:
        """Return the parameters and the time of a tick of a workflow's schedule, as its run would have had them.

        `at` is an ISO date and time, without an offset in the schedule's zone. Raises ScheduleError if the workflow
        has no schedule, or several and `schedule` names none of them, and if there is no tick at that time.
        """
        found = from_record(self._schedule_of(workflow, schedule))
        moment = parse_moment(at, found.timezone, field="--at")
        if not is_tick(found, moment):
            near = [f"{tick.astimezone(found.zone).isoformat()}" for tick in around(found, moment) if tick is not None]
            hint = f"the nearest are {' and '.join(near)}" if near else "it has none by time"
            raise ScheduleError(f"{at!r} is no tick of schedule {found.name!r}: {hint}")
        tick = tick_time(found, moment)
        return params_at(found, tick), tick

    def _schedule_of(self, workflow: str, name: str | None) -> ScheduleRecord:
        if name is not None and self.get(name).target_name != workflow:
            raise ScheduleError(
                f"schedule {name!r} runs {self.get(name).target_name}, not {workflow}: see spine schedules list"
            )
        found = [
            record
            for record in self.list()
            if record.target_name == workflow and record.gone_at is None and name in (None, record.name)
        ]
        if not found:
            raise ScheduleError(
                f"workflow {workflow!r} has no schedule, and --at runs it as a tick of one: see spine schedules list"
            )
        if len(found) > 1:
            names = ", ".join(record.name for record in found)
            raise ScheduleError(f"workflow {workflow!r} has the schedules {names}: choose one with --schedule NAME")
        return found[0]

    def scheduler(self) -> ProjectScheduler:
        """Return a scheduler that the caller drives, in place of `spine scheduler run`; see ProjectScheduler."""
        from spine.project.scheduler import ProjectScheduler

        return ProjectScheduler(self._application)

    def _present(self, name: str) -> tuple[SqlScheduleStore, ScheduleRecord]:
        """Return the store, synchronised with `spine.toml`, and the schedule; ConfigError for one that is gone."""
        store = self._application.schedules
        record = store.get(name)
        require_present(record)
        return store, record
