"""`spine pipelines`: the transformations that steps run."""

from __future__ import annotations

import click

from spine.cli.output import json_option, plain, print_json, print_rows
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
