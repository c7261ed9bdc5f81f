"""`spine run`: the main job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from spine.cli.assignments import params_option
from spine.cli.output import cell, json_option, plain, print_json, seconds
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.app import Application
    from spine.orchestration import WorkflowResult


@click.command()
@click.argument("workflow")
@params_option("A parameter of the run; key:=json for anything but text. May be repeated.")
@click.option("--refresh", is_flag=True, help="Run all of it even if the sources are unchanged.")
@click.option("--dry-run", is_flag=True, help="Run no pipeline and leave no trace.")
@json_option
@click.pass_obj
def run(session: Session, workflow: str, params: dict[str, Any], refresh: bool, dry_run: bool, as_json: bool) -> int:
    """Run WORKFLOW and show how it goes."""
    from spine.cli.progress import Progress
    from spine.framework.dispatcher import TriggerSource
    from spine.orchestration import workflow_registry

    with session.open() as project:
        definition = workflow_registry.get(workflow)
        listeners = [] if session.quiet else [Progress(definition.step_names())]
        runner = project.runner(listeners=listeners, triggered_by=TriggerSource.CLI, refresh=refresh, dry_run=dry_run)
        result = runner.execute(definition, params)
        if as_json:
            print_json(result.to_dict())
        else:
            _summarize(project, result)
    return 0 if result.status.value in ("completed", "partial") else 1


def _summarize(project: Application, result: WorkflowResult) -> None:
    partition = "".join(f" {key}={plain(str(value))}" for key, value in result.context.partition.items())
    state = f"{result.status.name} ({result.outcome})" if result.outcome else result.status.name
    took = seconds(round((result.duration_seconds or 0) * 1000))
    click.echo(f"{result.workflow_name}{partition}: {state} in {took}")
    for execution in result.step_executions:
        if figures := _figures(execution.output):
            click.echo(f"  {execution.step_name}: {figures}")
    if result.error is not None:
        click.echo(f"  failed at {result.error_step}: {plain(result.error)}")
        click.echo(f"  look closer: spine runs show {result.run_id}")


def _figures(output: dict[str, Any]) -> str:
    """Return the scalars of a step's output on one line."""
    return ", ".join(
        f"{key.replace('_', ' ')} {cell(value)}"
        for key, value in output.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and key not in ("capture_id",)
    )
