"""`spine workflows`: the workflows of the project."""

from __future__ import annotations

import click

from spine.cli.cells import plain
from spine.cli.output import json_option, print_fields, print_json, print_rows
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
    columns = ["name", "version", "domain", "steps", "partition_by", "description"]
    print_rows(rows, columns, "no workflows: register one in a module that [spine] modules names", as_json=as_json)


@workflows.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """Show the definition of workflow NAME."""
    from spine.core.jsonvalue import to_json_value
    from spine.orchestration import workflow_registry
    from spine.orchestration.definition.graph import draw

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
    if workflow.params is not None:
        for line in workflow.params.get_help_text().splitlines():
            click.echo(plain(line))
    click.echo()
    for line in draw(workflow):
        click.echo(plain(line))


@workflows.command()
@click.argument("name")
@json_option
@click.pass_obj
def graph(session: Session, name: str, as_json: bool) -> None:
    """Print the graph of workflow NAME in Mermaid syntax."""
    from attrs import asdict

    from spine.orchestration import workflow_registry
    from spine.orchestration.definition.graph import edges, mermaid

    with session.open():
        workflow = workflow_registry.get(name)
    if as_json:
        print_json([asdict(edge) for edge in edges(workflow)])
    else:
        click.echo(mermaid(workflow))


@workflows.command()
@click.argument("name", required=False)
@json_option
@click.pass_obj
def check(session: Session, name: str | None, as_json: bool) -> int:
    """Check for steps without a valid successor and for unknown pipelines or workflows; exits 1 on any problem."""
    from spine.orchestration import workflow_registry
    from spine.orchestration.definition.check import problems

    with session.open():
        names = [name] if name else workflow_registry.list_workflows()
        found = [
            {"workflow": item, "problem": problem}
            for item in names
            for problem in problems(workflow_registry.get(item))
        ]
    print_rows(
        found, ["workflow", "problem"], f"{len(names)} workflow{'s' * (len(names) != 1)}, no problems", as_json=as_json
    )
    return 1 if found else 0
