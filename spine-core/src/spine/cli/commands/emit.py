"""`spine emit`: an event for the schedules that wait for it."""

from __future__ import annotations

import click

from spine.cli.cells import plain
from spine.cli.output import json_option, print_json
from spine.cli.session import Session


@click.command()
@click.argument("name")
@click.option("--key", metavar="TEXT", help="The event happens once per key; without one, each time.")
@json_option
@click.pass_obj
def emit(session: Session, name: str, key: str | None, as_json: bool) -> None:
    """Emit event NAME: schedules with on_event = NAME start a run, once for each key."""
    with session.open() as project:
        found = project.schedules.emit(name, key)
    if as_json:
        print_json(found)
    elif found["is_new"]:
        click.echo(plain(f"event {name} with key {found['key']}"))
    else:
        click.echo(plain(f"event {name} with key {found['key']} has happened before: it starts no run again"))
