"""`spine workflows`: what can be run."""

from __future__ import annotations

import click

from spine.cli.output import json_option, print_fields, print_json, print_table
from spine.cli.session import Session


@click.group()
def workflows() -> None:
    """The workflows of the project."""


@workflows.command("list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the workflows."""
    from spine.orchestration import workflow_registry

    with session.open():
        found = [workflow_registry.get(name) for name in workflow_registry.list_workflows()]
    rows = [
        {
            "name": workflow.name,
            "version": workflow.version,
            "domain": workflow.domain,
            "steps": len(workflow.steps),
            "partition_by": list(workflow.partition_by),
            "tier": workflow.required_tier(),
            "description": workflow.description,
        }
        for workflow in found
    ]
    if as_json:
        print_json(rows)
    else:
        columns = ["name", "version", "domain", "steps", "partition_by", "description"]
        print_table(rows, columns, "no workflows: register one in a module that [spine] modules names")


@workflows.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """Show the definition of workflow NAME."""
    from spine.core.jsonvalue import to_json_value
    from spine.orchestration import workflow_registry

    with session.open():
        workflow = workflow_registry.get(name)
    definition = to_json_value(workflow.to_dict(), f"workflow {name}")
    if as_json:
        print_json({**definition, "definition_hash": workflow.definition_hash()})
        return
    print_fields(
        {
            "workflow": workflow.name,
            "version": workflow.version,
            "domain": workflow.domain or None,
            "description": workflow.description or None,
            "partition by": ", ".join(workflow.partition_by) or None,
            "defaults": dict(workflow.defaults) or None,
        }
    )
    click.echo()
    rows = [
        {
            "step": step.name,
            "type": step.kind,
            "runs": step.pipeline_name or (item.get("handler") or item.get("condition") or ""),
            "goes to": " or ".join(step.targets),
            "on_error": step.on_error.value,
        }
        for step, item in zip(workflow.steps, definition["steps"], strict=True)
    ]
    print_table(rows, ["step", "type", "runs", "goes to", "on_error"], "no steps")
