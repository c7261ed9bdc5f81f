"""Commands that are none of their kind, or fail."""

from __future__ import annotations

import click


@click.command()
def run() -> None:
    click.echo("this is not core's")


@click.command()
def bad_end() -> None:
    raise KeyError("no luck")


class _NoCommand:
    def main(self) -> None: ...


no_command = _NoCommand()
