"""`spine plan`: preview of a run."""

from __future__ import annotations

from typing import Any

import click

from spine.cli.assignments import params_option
from spine.cli.output import json_option, print_json, shown_id, shown_time
from spine.cli.plan_view import print_plan
from spine.cli.run_report import exit_code
from spine.cli.session import Session
from spine.cli.workflow_command import WorkflowCommand


@click.command(cls=WorkflowCommand)
@click.argument("workflow")
@params_option("A parameter of the run; key:=json for anything but text. May be repeated.")
@json_option
@click.pass_obj
def plan(session: Session, workflow: str, params: dict[str, Any], as_json: bool) -> int:
    """Show what a run of WORKFLOW would do and why.

    It is a dry run, as that of `spine run --dry-run`, and shows when the workflow last completed. Exits 1 if the run
    could not complete.
    """
    with session.open(dry_run=True) as project:
        found = project.run(workflow, params, dry_run=True)
        before = project.runs.last_completed(found.workflow_name, found.context.partition)
    if as_json:
        told = found.to_dict()
        print_json(
            {
                "workflow": told["workflow_name"],
                "params": told["params"],
                "partition": told["partition"],
                "steps": told.get("plan", []),
                "last_completed": before,
            }
        )
    else:
        last = f"{shown_time(before['completed_at'])}, run {shown_id(before['run_id'])}" if before else "never"
        print_plan(found, {"last completed": last})
    return exit_code(found.status)
