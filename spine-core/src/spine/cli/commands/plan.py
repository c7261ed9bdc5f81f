"""`spine plan`: preview of a run."""

from __future__ import annotations

from typing import Any

import click

from spine.cli.assignments import params_option
from spine.cli.output import cell, json_option, print_fields, print_json, print_table
from spine.cli.session import Session
from spine.cli.workflow_command import WorkflowCommand


@click.command(cls=WorkflowCommand)
@click.argument("workflow")
@params_option("A parameter of the run; key:=json for anything but text. May be repeated.")
@json_option
@click.pass_obj
def plan(session: Session, workflow: str, params: dict[str, Any], as_json: bool) -> int:
    """Show what a run of WORKFLOW would do and why.

    It runs nothing. Exits 1 if the run could not complete.
    """
    from attrs import asdict

    from spine.orchestration import workflow_registry
    from spine.orchestration.definition.plan import plan as make_plan

    with session.open() as project:
        found = make_plan(workflow_registry.get(workflow), params)
        before = project.runs.last_completed(found.workflow, found.partition)
    if as_json:
        print_json({**asdict(found), "last_completed": before})
    else:
        print_fields(
            {
                "workflow": found.workflow,
                "params": dict(found.params) or None,
                "partition": dict(found.partition) or None,
                "last completed": f"{cell(before['completed_at'])}, run {before['run_id']}" if before else "never",
            }
        )
        click.echo()
        rows = [asdict(step) for step in found.steps]
        print_table(rows, ["step", "type", "action", "reason", "does"], "no steps")
    return 1 if any(step.action == "fails" for step in found.steps) else 0
