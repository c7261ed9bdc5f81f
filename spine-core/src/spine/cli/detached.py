"""`spine run --detach`: a run that is left to a worker or a scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from spine.cli.output import print_json
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.project import Project


def run_detached(
    session: Session,
    workflow: str,
    params: Mapping[str, Any],
    *,
    key: str | None,
    at: str | None,
    schedule: str | None,
    as_json: bool,
) -> int:
    """Submit a run and print its id, and a warning if no process lives that would take it; return the exit code."""
    from spine.framework.trigger_source import TriggerSource

    with session.open() as project:
        run_id = project.submit(workflow, params, key=key, at=at, schedule=schedule, triggered_by=TriggerSource.CLI)
        found = project.runs.find(run_id)
        missing = _missing(project, found["queue"])
    if as_json:
        print_json({"run_id": run_id, "workflow": found["workflow_name"], "status": found["status"]})
    else:
        said = f"run {run_id} of {found['workflow_name']} is {found['status']}"
        click.echo(f"{said}: follow it with spine runs watch {run_id}")
    if missing and found["status"] == "PENDING":
        click.echo(f"Warning: {missing}", err=True)
    return 0


def _missing(project: Project, queue: str) -> str | None:
    """Return a sentence with the command to type if no process takes runs from a queue; None if one does."""
    from spine.app.service import schedulers_of
    from spine.app.workers import has_queue

    application = project.application
    if has_queue(application):
        living = [worker for worker in project.workers.list() if worker["stopping_at"] is None]
        if any(queue in worker["queues"] for worker in living):
            return None
        which = f" --queues {queue}" if living else ""
        return f"no worker lives that would execute it: spine worker run{which}"
    living = schedulers_of(application, application.recorded_schedules.list_schedules()).living()
    return None if living else "no scheduler lives that would execute it: spine scheduler run"
