"""`spine completion`: scripts with which shells complete commands, options and names of the project."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    It completes commands, options, and the names of workflows, sources, captures, schedules and runs of the project.
    """
    from spine.cli.completion import script

    click.echo(script(ctx.find_root().command, shell))
