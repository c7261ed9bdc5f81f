"""Projects: opening, queries and actions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spine.app import Application
from spine.app import open_project as open_application
from spine.core.errors import ConfigError, ScheduleError
from spine.core.scope import current_scope
from spine.framework.trigger_source import TriggerSource

if TYPE_CHECKING:
    from spine.config.faults import Faults
    from spine.db.adapter import DatabaseAdapter
    from spine.orchestration import Workflow, WorkflowResult, WorkflowRunner
    from spine.orchestration.engine.listener import RunListener
    from spine.orchestration.stop import Stop
    from spine.orchestration.tick_time import TickTime
    from spine.project.alerts import Alerts
    from spine.project.captures import Captures
    from spine.project.page import Rows
    from spine.project.partitions import Backfills, WorkflowPartitions
    from spine.project.runs import Runs
    from spine.project.schedules import Schedules
    from spine.project.sources import Sources
    from spine.project.workers import Workers
    from spine.project.workflows import Workflows


class Project:
    """An open project. `application` is internal, for Spine's own command line; it may change at any time."""

    def __init__(self, application: Application) -> None:
        self.application = application

    @property
    def name(self) -> str:
        """The name in `spine.toml`, or that of its folder."""
        return self.application.settings.name

    @property
    def history_name(self) -> str:
        """The name of the project's rows in its database: that in `spine.toml`, empty without one."""
        return self.application.settings.spine.name

    @property
    def root(self) -> Path:
        """The folder with `spine.toml`."""
        return self.application.settings.root

    @property
    def database(self) -> DatabaseAdapter:
        """The project's own database; a plugin reads and writes its own tables in it, and only those."""
        return self.application.adapter

    @cached_property
    def runs(self) -> Runs:
        """The runs."""
        from spine.project.runs import Runs

        return Runs(self)

    @cached_property
    def captures(self) -> Captures:
        """The captures of runs."""
        from spine.project.captures import Captures

        return Captures(self.application)

    @cached_property
    def alerts(self) -> Alerts:
        """The alerts, their incidents and deliveries."""
        from spine.project.alerts import Alerts

        return Alerts(self.application)

    @cached_property
    def schedules(self) -> Schedules:
        """The schedules and their ticks."""
        from spine.project.schedules import Schedules

        return Schedules(self.application)

    @cached_property
    def partitions(self) -> WorkflowPartitions:
        """The partitions of the workflows that declare them."""
        from spine.project.partitions import WorkflowPartitions

        return WorkflowPartitions(self.application)

    @cached_property
    def backfills(self) -> Backfills:
        """The backfills: runs of many partitions of one workflow."""
        from spine.project.partitions import Backfills

        return Backfills(self.application)

    @cached_property
    def workers(self) -> Workers:
        """The workers that execute runs of a run queue."""
        from spine.project.workers import Workers

        return Workers(self.application)

    @cached_property
    def sources(self) -> Sources:
        """The sources and their fetches."""
        from spine.project.sources import Sources

        return Sources(self.application)

    @cached_property
    def workflows(self) -> Workflows:
        """The workflows that the project's modules register."""
        from spine.project.workflows import Workflows

        return Workflows()

    def now(self) -> datetime:
        """Return the time of the project's database, which counts; that of this machine may be wrong."""
        return self.application.databases.now()

    def settings(self) -> Rows:
        """Return the settings in effect as `key`, `value`, `origin` and `default`; secrets are masked."""
        from spine.config.explain import explain
        from spine.plugins.catalog import current_catalog

        found = explain(self.application.settings, current_catalog())
        return [
            {"key": item.key, "value": item.value, "origin": item.origin, "default": item.default} for item in found
        ]

    def overview(self, last: int | None = None) -> dict[str, Any]:
        """Return the state of the project, as `spine status` shows it: workflows, what runs, and what is to be done.

        Each workflow has its ten newest runs, or so many as `last` says.
        """
        from spine.project.overview import LAST, overview

        return overview(self, LAST if last is None else last)

    def plugins(self) -> list[dict[str, Any]]:
        """Return the installed plugins as `spine plugins list --json` does: state, reason, and what each provides."""
        return [report.to_dict() for report in self.application.catalog.reports]

    def diagnose(self) -> list[dict[str, Any]]:
        """Return the findings of `spine doctor`: `check`, `status`, `says`, and in `fix` the command that mends it."""
        from attrs import asdict

        from spine.app.diagnosis import diagnose

        return [{**asdict(found), "status": found.status.value} for found in diagnose(self.application)]

    def metrics(self) -> str:
        """Return the metrics in the text format of Prometheus (exposition 0.0.4), as `spine metrics` prints them.

        Counters count what happened since midnight in UTC; docs/how-to/metrics.md lists all.
        """
        from spine.app.metrics import metrics_text

        return metrics_text(self.application)

    def run(
        self,
        workflow: str | Workflow,
        params: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        at: str | None = None,
        schedule: str | None = None,
        refresh: bool = False,
        dry_run: bool = False,
        listeners: Sequence[RunListener] = (),
        triggered_by: TriggerSource = TriggerSource.API,
        stop: Stop | None = None,
    ) -> WorkflowResult:
        """Run a workflow in this process, to its end, and return its result; see WorkflowRunner.execute.

        With `key`, a run that was created with the same one is returned in its current state; it must be one of the
        same workflow and parameters. With `at`, it runs as the tick of its schedule at that time would have, with
        `params` over those of the schedule; see Schedules.tick_of. With `refresh`, sources count as changed. Raises
        UnknownWorkflowError with the closest name.
        """
        definition, given, tick = self._target(workflow, params, at, schedule)
        runner = self.runner(listeners, triggered_by, refresh=refresh, dry_run=dry_run)
        return runner.execute(definition, given, idempotency_key=key, tick=tick, stop=stop)

    def _target(
        self, workflow: str | Workflow, params: Mapping[str, Any] | None, at: str | None, schedule: str | None
    ) -> tuple[Workflow, dict[str, Any], TickTime | None]:
        """Return the workflow, the parameters and the tick of a run."""
        from spine.orchestration.registry import workflow_registry

        definition = workflow_registry.get(workflow) if isinstance(workflow, str) else workflow
        given = dict(params or {})
        if at is not None:
            of_tick, tick = self.schedules.tick_of(definition.name, at, schedule)
            return definition, {**of_tick, **given}, tick
        if schedule is not None:
            raise ScheduleError(f"schedule {schedule!r} needs the time of a tick: add at, as --at 2026-11-03T06:00")
        return definition, given, None

    def submit(
        self,
        workflow: str | Workflow,
        params: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        at: str | None = None,
        schedule: str | None = None,
        triggered_by: TriggerSource = TriggerSource.API,
    ) -> str:
        """Store a run for a worker or a scheduler, and return its id at once; the arguments are those of `run`.

        With a run queue as `[scheduler] executor`, it is enqueued in the transaction that stores it; otherwise a
        scheduler of this project finds it. Raises as `run` does, and PartitionBusyError.
        """
        from spine.app.workers import submit_run

        definition, given, tick = self._target(workflow, params, at, schedule)
        return submit_run(self.application, self.runner((), triggered_by), definition, given, tick, key)

    def resume(
        self,
        run: str,
        *,
        from_step: str | None = None,
        force: bool = False,
        end_wait: bool = False,
        listeners: Sequence[RunListener] = (),
        triggered_by: TriggerSource = TriggerSource.API,
        stop: Stop | None = None,
    ) -> WorkflowResult:
        """Resume a run, given by its id, a unique part of it, or `latest`; see WorkflowRunner.resume.

        With `end_wait`, a waiting step continues before its time.
        """
        run_id = self.runs.find(run)["run_id"]
        runner = self.runner(listeners, triggered_by, park_waits=end_wait)
        return runner.resume(run_id, from_step=from_step, force=force, end_wait=end_wait, stop=stop)

    def proceed(self, run_id: str, *, stop: Stop | None = None) -> WorkflowResult:
        """Execute the remaining steps of a run that a run queue passed to this process; a run that waits is parked.

        Raises LeaseError if another process holds its lease, LimitReachedError if it must wait for a limit,
        UnknownWorkflowError or ChangedWorkflowError if this process has other code than the run was made with. The job
        is finished in any of these cases: the run is enqueued again when it may be due.
        """
        from spine.orchestration.run_store import run_store
        from spine.scheduling.queued_run import proceed_queued
        from spine.scheduling.run_pool import Crashes

        settings = self.application.settings.runs
        runner = self.runner((), TriggerSource.SCHEDULER, park_waits=True)
        return proceed_queued(run_store(), runner, run_id, Crashes(settings.on_crash, settings.max_crashes), stop)

    def cancel(self, run: str, *, grace_seconds: float | None = None) -> WorkflowResult:
        """End a run as CANCELLED, whichever process runs it; the grace defaults to that of `[runs]`.

        See WorkflowRunner.cancel.
        """
        run_id = self.runs.find(run)["run_id"]
        settings = self.application.settings.runs
        grace = settings.grace_seconds if grace_seconds is None else grace_seconds
        return self.application.canceller().cancel(run_id, grace_seconds=grace)

    def recover(self, only: str | None = None, *, stop: Stop | None = None) -> list[WorkflowResult]:
        """Resume every run whose process died, as `[runs]` says, or whose wait is over; with `only`, that run."""
        from spine.storage.clock_repair import repair_times

        settings = self.application.settings.runs
        run_id = self.runs.find(only)["run_id"] if only else None
        repair_times(self.application.history, settings.lease_seconds)
        runner = self.runner((), TriggerSource.API, park_waits=True)
        found = runner.recover(on_crash=settings.on_crash, max_crashes=settings.max_crashes, only=run_id, stop=stop)
        self.application.send_alerts()  # the pending alerts of crashed processes
        return found

    def events(self, after: int = 0, *, limit: int = 1000) -> list[dict[str, Any]]:
        """Return the events of the project's runs after the one with the number `after`, oldest first.

        Call again with the `id` of the last one; numbers increase, with gaps. On PostgreSQL an event may appear after
        one with a higher number, where two processes commit at once.
        """
        from spine.storage.runs.queries import events_since

        return events_since(self.application.history, after, limit)

    def record_action(self, action: str, target: str, by: str, *, run: str | None = None) -> None:
        """Record that `by` has done something to `target`; listeners are told.

        With the id of a `run` it is one of its events.
        """
        from spine.framework.events import ActionTaken, publish
        from spine.storage.runs.actions import record_action

        taken = ActionTaken(action, target, by, run)
        if run is not None:
            record_action(self.application.history, taken)
        publish([taken])

    def newest_event(self) -> int:
        """Return the number of the newest event, 0 if there is none: what `events` is asked for from now on."""
        from spine.storage.runs.queries import newest_event

        return newest_event(self.application.history)

    def runner(
        self,
        listeners: Sequence[RunListener],
        triggered_by: TriggerSource,
        *,
        refresh: bool = False,
        dry_run: bool = False,
        park_waits: bool = False,
    ) -> WorkflowRunner:
        """Return a runner of this project; see Application.runner."""
        return self.application.runner(
            listeners=listeners, triggered_by=triggered_by, refresh=refresh, dry_run=dry_run, park_waits=park_waits
        )


def current_project() -> Project:
    """Return the open project: in a step, a source, a listener, a command, an `open_project()` block.

    Raises ConfigError if none is open.
    """
    application = current_scope().find(Application)
    if application is None:
        raise ConfigError(
            "current_project() found no open project: call it inside `with spine.project.open_project():`"
        )
    return Project(application)


@contextmanager
def open_project(
    path: str | Path | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    faults: Faults | None = None,
    with_modules: bool = True,
) -> Iterator[Project]:
    """Open the project at `path` (or SPINE_PROJECT, or the nearest one upwards) for a `with` block.

    Inside the block it is the current project: `capture()`, `source_registry` and the like work on it. Raises
    ConfigError if there is no `spine.toml`, or if it is not valid. `faults` and `with_modules` are internal, as
    `Project.application` is.
    """
    start = None if path is None else Path(path)
    with open_application(start, environ, faults, with_modules=with_modules) as application:
        yield Project(application)
