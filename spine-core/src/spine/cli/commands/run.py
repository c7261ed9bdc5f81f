"""`spine run`: the main job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from spine.cli.assignments import params_option
from spine.cli.output import cell, json_option, plain, print_json, seconds
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.orchestration import StepExecution, WorkflowResult

_GOES_TO = "next_step"  # a choice's output: the steps that follow show it
_LABELS = {"record_count": "rows"}
_LONGEST_FIGURE = 40


@click.command()
@click.argument("workflow")
@params_option("A parameter of the run; key:=json for anything but text. May be repeated.")
@click.option("--refresh", is_flag=True, help="Run all of it even if the sources are unchanged.")
@click.option("--dry-run", is_flag=True, help="Run no pipeline and leave no trace.")
@json_option
@click.pass_obj
def run(session: Session, workflow: str, params: dict[str, Any], refresh: bool, dry_run: bool, as_json: bool) -> int:
    """Run a workflow and show how it goes.

    The steps are shown on stderr as they proceed, what came of them on stdout at the end. A source that has not changed
    since the last completed run of the same partition ends the run early, as unchanged.
    """
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
        _summarize(result)
    return 0 if result.status.value in ("completed", "partial") else 1


def _summarize(result: WorkflowResult) -> None:
    partition = "".join(f" {key}={plain(str(value))}" for key, value in result.context.partition.items())
    state = f"{result.status.name} ({result.outcome})" if result.outcome else result.status.name
    took = seconds(round((result.duration_seconds or 0) * 1000))
    click.echo(f"{result.workflow_name}{partition}: {state} in {took}")
    lines = {execution.step_name: _line(execution) for execution in result.step_executions}
    width = max((len(name) for name, line in lines.items() if line), default=0)
    for name, line in lines.items():
        if line:
            click.echo(f"  {name.ljust(width)}  {line}")
    if result.status.name not in ("COMPLETED", "RUNNING"):
        click.echo(f"  look closer: spine runs show {result.run_id}")


def _line(execution: StepExecution) -> str:
    """Return what a step says for itself: its error, why it had nothing to do, or the figures of its output."""
    if execution.error is not None:
        return f"{execution.status.name}: {plain(execution.error)}"
    output = execution.output
    if set(output) == {"reason"}:
        return cell(output["reason"])
    return ", ".join(
        f"{_LABELS.get(key) or plain(key).replace('_', ' ')} {_figure(value)}"
        for key, value in output.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and key != _GOES_TO
    )


def _figure(value: str | float) -> str:
    shown = cell(value)
    return shown if len(shown) <= _LONGEST_FIGURE else f"{shown[:_LONGEST_FIGURE]}..."
