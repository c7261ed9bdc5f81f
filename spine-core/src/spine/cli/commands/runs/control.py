"""`spine runs resume`, `cancel`, `park`, `recover` and `wake`: resume and stop runs."""

from __future__ import annotations

import click

from spine.cli.output import json_option, print_rows, shown_id
from spine.cli.run_losses import losses_of
from spine.cli.run_report import exit_code, report_run
from spine.cli.session import Session


@click.command()
@click.argument("run")
@click.option("--from", "from_step", metavar="STEP", help="Run this step and those after it again.")
@click.option(
    "--force", is_flag=True, help="Even if the workflow has changed since the run began, or the run is in a queue."
)
@json_option
@click.pass_obj
def resume(session: Session, run: str, from_step: str | None, force: bool, as_json: bool) -> int:
    """Resume RUN where it stopped: finished steps do not run again."""
    from spine.cli.foreground import foreground
    from spine.cli.progress import shown_progress
    from spine.framework.trigger_source import TriggerSource

    with session.open() as project, foreground(project.application) as current:
        with shown_progress(quiet=session.quiet) as progress:
            result = project.resume(
                run,
                from_step=from_step,
                force=force,
                listeners=[current, *progress],
                triggered_by=TriggerSource.CLI,
                stop=current.stop,
            )
        losses = losses_of(project, result)
    return report_run(result, losses, as_json=as_json, is_resumed=True)


@click.command()
@click.argument("run")
@click.option("--grace", type=click.FloatRange(0), metavar="SECONDS", help="Time for its process to stop.")
@json_option
@click.pass_obj
def cancel(session: Session, run: str, grace: float | None, as_json: bool) -> int:
    """End RUN as CANCELLED, in any process.

    Its process is asked to stop; after the grace, its further results are discarded.
    """
    from spine.core.errors import WorkflowError
    from spine.orchestration.status import WorkflowStatus

    with session.open_to_stop() as project:
        found = project.runs.find(run)
        status = WorkflowStatus[found["status"]]
        if status.has_ended and status is not WorkflowStatus.CANCELLED:
            raise WorkflowError(f"run {found['run_id']} has ended {status.name}: there is nothing to cancel")
        result = project.cancel(run, grace_seconds=grace)
    report_run(result, as_json=as_json)
    return 0 if result.status.name == "CANCELLED" else 1


@click.command()
@click.argument("run")
@json_option
@click.pass_obj
def park(session: Session, run: str, as_json: bool) -> None:
    """Ask the process of RUN, on any machine, to leave it after its present step.

    The run is PENDING then, and the next scheduler or worker with room resumes it.
    """
    from spine.cli.output import print_json

    with session.open_history() as project:
        run_id = project.runs.park(run)
    if as_json:
        print_json({"run_id": run_id, "park_requested": True})
    else:
        click.echo(f"run {run_id} is asked to park after its step: see spine runs show {shown_id(run_id)}")


@click.command()
@json_option
@click.pass_obj
def recover(session: Session, as_json: bool) -> int:
    """Resume or end every run whose process died or was asked to end, as set by [runs] on_crash."""
    return _several(session, None, as_json)


@click.command()
@click.argument("run", required=False)
@click.option("--now", is_flag=True, help="End the wait of RUN before its time.")
@json_option
@click.pass_obj
def wake(session: Session, run: str | None, now: bool, as_json: bool) -> int:
    """Resume RUN, or every run, whose wake time has come."""
    if now and run is None:
        raise click.UsageError("--now needs a RUN")
    if not now:
        return _several(session, run, as_json)
    from spine.cli.foreground import foreground
    from spine.cli.progress import shown_progress

    with session.open() as project, foreground(project.application) as current:
        with shown_progress(quiet=session.quiet) as progress:
            result = project.resume(run or "", end_wait=True, listeners=[current, *progress], stop=current.stop)
        losses = losses_of(project, result)
    return report_run(result, losses, as_json=as_json, is_resumed=True)


def _several(session: Session, run: str | None, as_json: bool) -> int:
    from spine.cli.foreground import foreground

    with session.open() as project, foreground(project.application) as current:
        found = project.recover(run, stop=current.stop)
    rows = [result.to_dict() for result in found]
    columns = ["run_id", "workflow_name", "status", "error_step", "error"]
    print_rows(rows, columns, "nothing to do: no run is abandoned or due", as_json=as_json)
    return max((exit_code(result.status) for result in found), default=0)
