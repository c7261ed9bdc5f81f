"""Projects: opened, asked and told what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spine.app import Application
from spine.app import open_project as open_application
from spine.core.errors import ConfigError
from spine.core.scope import current_scope
from spine.framework.dispatcher import TriggerSource
from spine.orchestration.lease import LimitReachedError
from spine.orchestration.registry import workflow_registry
from spine.orchestration.run_queue import QUEUE_LEASE
from spine.orchestration.run_store import run_store

if TYPE_CHECKING:
    from spine.db.adapter import DatabaseAdapter
    from spine.orchestration import Workflow, WorkflowResult, WorkflowRunner
    from spine.orchestration.engine.listener import RunListener
    from spine.orchestration.stop import Stop
    from spine.project.alerts import Alerts
    from spine.project.captures import Captures
    from spine.project.runs import Runs
    from spine.project.schedules import Schedules
    from spine.project.sources import Sources


class Project:
    """An open project. `application` is its wiring, for Spine's own command line; it may change at any time."""

    def __init__(self, application: Application) -> None:
        self.application = application

    @property
    def name(self) -> str:
        """The name in `spine.toml`, or that of its folder."""
        return self.application.settings.name

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
        """The past and present runs."""
        from spine.project.runs import Runs

        return Runs(self.application)

    @cached_property
    def captures(self) -> Captures:
        """The captures that runs have made."""
        from spine.project.captures import Captures

        return Captures()

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
    def sources(self) -> Sources:
        """The sources and their fetches."""
        from spine.project.sources import Sources

        return Sources(self.application)

    def run(
        self,
        workflow: str | Workflow,
        params: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        refresh: bool = False,
        dry_run: bool = False,
        listeners: Sequence[RunListener] = (),
        triggered_by: TriggerSource = TriggerSource.API,
        stop: Stop | None = None,
    ) -> WorkflowResult:
        """Run a workflow here, to its end, and return how it went; see WorkflowRunner.execute.

        With `key`, a run that was created with the same one is returned as it stands. With `refresh`, sources count as
        changed. Raises UnknownWorkflowError with the closest name.
        """
        definition = workflow_registry.get(workflow) if isinstance(workflow, str) else workflow
        runner = self.runner(listeners, triggered_by, refresh=refresh, dry_run=dry_run)
        return runner.execute(definition, params, idempotency_key=key, stop=stop)

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
        """Go on with a run, given by its id, the beginning of one, or `latest`; see WorkflowRunner.resume.

        With `end_wait`, a step that waits goes on although its time has not come.
        """
        run_id = self.runs.find(run)["run_id"]
        runner = self.runner(listeners, triggered_by, park_waits=end_wait)
        return runner.resume(run_id, from_step=from_step, force=force, end_wait=end_wait, stop=stop)

    def proceed(self, run_id: str, *, stop: Stop | None = None) -> WorkflowResult:
        """Execute what is left of a run that a run queue handed to this process; a run that waits is parked.

        Raises LeaseError if another process has it, LimitReachedError if it must wait for room within a limit. The job
        is done with in either case: a scheduler enqueues a run that waits again.
        """
        settings = self.application.settings.runs
        runner = self.runner((), TriggerSource.SCHEDULER, park_waits=True)
        try:
            return runner.proceed(
                run_id,
                on_crash=settings.on_crash,
                max_crashes=settings.max_crashes,
                stop=stop,
                handed_by=QUEUE_LEASE.owner,
            )
        except LimitReachedError:
            _give_back(run_id)
            raise

    def cancel(self, run: str, *, grace_seconds: float | None = None) -> WorkflowResult:
        """End a run as CANCELLED, wherever it runs; the grace is by default that of `[runs]`.

        See WorkflowRunner.cancel.
        """
        run_id = self.runs.find(run)["run_id"]
        settings = self.application.settings.runs
        grace = settings.grace_seconds if grace_seconds is None else grace_seconds
        return self.runner((), TriggerSource.API).cancel(run_id, grace_seconds=grace)

    def recover(self, only: str | None = None, *, stop: Stop | None = None) -> list[WorkflowResult]:
        """Go on with every run whose process died or whose time to wake has come, as `[runs]` says; or with `only`."""
        settings = self.application.settings.runs
        run_id = self.runs.find(only)["run_id"] if only else None
        runner = self.runner((), TriggerSource.API, park_waits=True)
        found = runner.recover(on_crash=settings.on_crash, max_crashes=settings.max_crashes, only=run_id, stop=stop)
        self.application.send_alerts()  # what the dead processes had not sent yet
        return found

    def events(self, after: int = 0, *, limit: int = 1000) -> list[dict[str, Any]]:
        """Return the events of all runs that followed the one with the number `after`, oldest first.

        Ask again with the `id` of the last one; numbers grow, and may leave gaps. On PostgreSQL an event may appear
        after one with a higher number, where two processes commit at once.
        """
        from spine.storage.runs.queries import events_since

        return events_since(self.application.adapter, after, limit)

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


def _give_back(run_id: str) -> None:
    """End the lease of the queue, so that a scheduler finds the run."""
    runs = run_store()
    run = runs.get_run(run_id)
    if run is not None and run.lease_owner == QUEUE_LEASE.owner:
        runs.release(run_id, run.fence)


def current_project() -> Project:
    """Return the project that is open here: in a step, a source, a listener, a command, an `open_project()` block.

    Raises ConfigError where none is open.
    """
    application = current_scope().find(Application)
    if application is None:
        raise ConfigError(
            "current_project() found no open project: call it inside `with spine.project.open_project():`"
        )
    return Project(application)


@contextmanager
def open_project(start: Path | None = None, environ: Mapping[str, str] = os.environ) -> Iterator[Project]:
    """Open the project at `start` (or SPINE_PROJECT, or the nearest one upwards) for the length of a `with` block.

    Inside the block it is the current project: `capture()`, `source_registry` and the like work on it. Raises
    ConfigError if there is no `spine.toml`, or if it is wrong in any way.
    """
    with open_application(start, environ) as application:
        yield Project(application)
