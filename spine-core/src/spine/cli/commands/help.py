"""`spine help`: the help of a command, and the manual page."""

from __future__ import annotations

import click


@click.command()
@click.argument("command", nargs=-1)
@click.option("--man", is_flag=True, help="Print the manual page of all commands, for `man -l -`.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of what COMMAND prints with --json.")
@click.pass_context
def help(ctx: click.Context, command: tuple[str, ...], man: bool, schema: bool) -> None:  # noqa: A001 - named as the command
    """Show the help of COMMAND, such as `runs list`, or of spine itself."""
    found = ctx.find_root()
    if man:
        from spine.cli.man_page import man_page
        from spine.plugins.discovery import core_version

        click.echo(man_page(found.command, core_version()), nl=False)
        return
    for name in command:
        found = click.Context(_below(found, name), found, name, resilient_parsing=True)
    if schema:
        _print_schema(" ".join(command))
    else:
        click.echo(found.get_help())


def _print_schema(path: str) -> None:
    from spine.cli.json_shapes import SHAPES, schema_of
    from spine.cli.output import print_json

    if path not in SHAPES:
        raise click.UsageError(f"spine {path} prints no JSON: its --help says what it prints".replace("  ", " "))
    print_json(schema_of(path))


def _below(ctx: click.Context, name: str) -> click.Command:
    group = ctx.command
    below = group.get_command(ctx, name) if isinstance(group, click.Group) else None
    if below is None:
        from spine.core.suggest import did_you_mean

        known = group.list_commands(ctx) if isinstance(group, click.Group) else []
        raise click.UsageError(f"there is no command '{ctx.command_path} {name}'{did_you_mean(name, known)}")
    return below
