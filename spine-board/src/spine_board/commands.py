"""`spine board`: the server, and its tokens."""

from __future__ import annotations

import json

import click

from spine.project import open_project

_PORT = 8470


@click.group("board", invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; another asks for tokens.")
@click.option("--port", default=_PORT, show_default=True, type=click.IntRange(0, 65_535), help="Port to listen on.")
@click.option("--allow-host", "names", multiple=True, metavar="NAME", help="Further name of this board.")
@click.option("--allow-actions", is_flag=True, help="Let people with a token run, cancel, pause and acknowledge.")
@click.pass_context
def board(context: click.Context, host: str, port: int, names: tuple[str, ...], allow_actions: bool) -> None:
    """Show the project in a browser, until it is interrupted.

    It is read-only, and open to this machine only. Actions, and another --host, need a token of
    spine board token add.
    """
    if context.invoked_subcommand is not None:
        return
    from spine_board.access import Access
    from spine_board.server import serve

    with open_project(context.obj.project) as project:
        serve(project, Access(host, port, names, allow_actions))


@board.group("token")
def token() -> None:
    """Make, list and remove the tokens of the board."""


@token.command("add")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def add(context: click.Context, name: str, as_json: bool) -> None:
    """Make a token and print it once; only its hash is stored.

    NAME is written into the history of what its bearer does.
    """
    from spine_board.tokens import Tokens

    with open_project(context.obj.project) as project:
        made = Tokens(project).add(name)
    click.echo(json.dumps({"name": name, "token": made}) if as_json else made)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def list_(context: click.Context, as_json: bool) -> None:
    """List the names of the tokens, and when each was made."""
    from spine_board.tokens import Tokens

    with open_project(context.obj.project) as project:
        rows = Tokens(project).list()
    if as_json:
        click.echo(json.dumps(rows, default=lambda value: value.isoformat()))
    elif not rows:
        click.echo("no tokens: spine board token add NAME makes one")
    for row in () if as_json else rows:
        click.echo(f"{row['name']}  {row['created_at'].astimezone():%Y-%m-%d %H:%M}")


@token.command("remove")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def remove(context: click.Context, name: str, as_json: bool) -> None:
    """Remove a token; whoever is logged in with it is logged out."""
    from spine_board.tokens import Tokens

    with open_project(context.obj.project) as project:
        Tokens(project).remove(name)
    click.echo(json.dumps({"name": name}) if as_json else f"token {name} removed")
