"""`spine run`: run a workflow."""

from __future__ import annotations

from typing import Any

import click

from spine.cli.assignments import params_option
from spine.cli.output import json_option
from spine.cli.run_report import RejectWatch, exit_code, report_run
from spine.cli.session import Session
from spine.cli.workflow_command import WorkflowCommand


@click.command(cls=WorkflowCommand)
@click.argument("workflow", required=False)
@params_option("A parameter of the run; key:=json for anything but text. May be repeated.")
@click.option("--refresh", is_flag=True, help="Run all steps even if the sources are unchanged.")
@click.option("--dry-run", is_flag=True, help="Show what the run would do; it stores and sends nothing.")
@click.option("--stale", is_flag=True, help="Make stale captures anew: of all workflows, or of WORKFLOW.")
@click.option("--key", metavar="TEXT", help="Run once per key: if a run has this key, show that run.")
@click.option("--at", metavar="TIME", help="Run as the tick of its schedule at that time: 2026-11-03T06:00.")
@click.option("--schedule", metavar="NAME", help="With --at: which schedule, if the workflow has several.")
@click.option("--detach", is_flag=True, help="Leave the run to a worker or the scheduler, and return at once.")
@json_option
@click.pass_obj
def run(
    session: Session,
    workflow: str | None,
    params: dict[str, Any],
    refresh: bool,
    dry_run: bool,
    stale: bool,
    key: str | None,
    at: str | None,
    schedule: str | None,
    detach: bool,
    as_json: bool,
) -> int:
    """Run a workflow and show its progress.

    The progress of the steps is shown on stderr, the result on stdout at the end. Steps that depend only on sources
    unchanged since the last completed run of the same partition are skipped. With --stale, workflows run whose captures
    were made from an old revision of another one: `spine captures stale` lists them.
    """
    if stale:
        if params or refresh or dry_run or key or at or schedule or detach:
            raise click.UsageError("--stale runs workflows with the parameters that they had: give no other option")
        from spine.cli.stale_runs import run_stale

        return run_stale(session, workflow, as_json=as_json)
    if workflow is None:
        raise click.UsageError("Missing argument 'WORKFLOW'.")
    if detach:
        if refresh or dry_run:
            raise click.UsageError("--detach leaves the run to another process: give neither --refresh nor --dry-run")
        from spine.cli.detached import run_detached

        return run_detached(session, workflow, params, key=key, at=at, schedule=schedule, as_json=as_json)
    from spine.cli.foreground import foreground
    from spine.cli.progress import Progress
    from spine.framework.trigger_source import TriggerSource
    from spine.orchestration import workflow_registry

    with session.open(dry_run=dry_run) as project, foreground(project.application) as current:
        if not dry_run:
            _ = project.database  # one that cannot take the run is refused before anything of the project is looked up
        definition = workflow_registry.get(workflow)
        watch = RejectWatch()
        progress = [] if session.quiet else [Progress(definition.step_names(), project.runs.progress)]
        result = project.run(
            definition,
            params,
            key=key,
            at=at,
            schedule=schedule,
            refresh=refresh,
            dry_run=dry_run,
            listeners=[current, watch, *progress],
            triggered_by=TriggerSource.CLI,
            stop=current.stop,
        )
        losses = None
        if not dry_run and (key is not None or watch.may_have_lost(result)):
            from spine.cli.run_losses import losses_of

            losses = losses_of(project, result)
    if dry_run and not as_json:
        from spine.cli.plan_view import print_plan

        print_plan(result, {"dry run": result.status.name})
        return exit_code(result.status)
    return report_run(result, losses, as_json=as_json, whole=session.debug)
