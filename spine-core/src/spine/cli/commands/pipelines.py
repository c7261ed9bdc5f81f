"""`spine pipelines`: the transformations that steps run."""

from __future__ import annotations

import click

from spine.cli.cells import plain
from spine.cli.output import json_option, print_json, print_rows
from spine.cli.session import Session


@click.group()
def pipelines() -> None:
    """The pipelines of the project."""


@pipelines.command("list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the pipelines."""
    from spine.framework.pipelines import pipeline_registry

    with session.open():
        found = {name: pipeline_registry.get(name) for name in pipeline_registry.list_pipelines()}
    rows = [{"name": name, "description": cls.description} for name, cls in found.items()]
    print_rows(
        rows,
        ["name", "description"],
        "no pipelines: register one in a module that [spine] modules names",
        as_json=as_json,
    )


@pipelines.command()
@click.argument("name", required=False)
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@json_option
@click.pass_obj
def history(session: Session, name: str | None, limit: int, as_json: bool) -> None:
    """List the executions of pipeline NAME, or of all, outside of workflows, the newest first."""
    from spine.storage.runs.executions import list_executions

    with session.open_history() as project:
        rows = list_executions(project.application.history, pipeline=name, limit=limit)
    of_name = "" if name is None else f" of pipeline {plain(name)}"
    empty = f"no executions{of_name} outside of a workflow: runs are listed by spine runs list"
    print_rows(rows, ["pipeline", "status", "started_at", "completed_at", "error", "id"], empty, as_json=as_json)


@pipelines.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """Show the description and parameters of pipeline NAME."""
    from spine.framework.pipelines import pipeline_registry

    with session.open():
        cls = pipeline_registry.get(name)
    help_text = cls.spec.get_help_text() if cls.spec else ""
    if as_json:
        print_json({"name": name, "description": cls.description, "help": help_text})
        return
    click.echo(name)
    for line in (cls.description, *help_text.splitlines()):
        if line:
            click.echo(f"  {plain(line)}")
