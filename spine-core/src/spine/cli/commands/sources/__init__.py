"""`spine sources`: the sources of the project."""

from __future__ import annotations

import click

from spine.cli.commands.sources.cursor import state
from spine.cli.commands.sources.listing import history, list_, show
from spine.cli.commands.sources.reading import check, fetch, preview

__all__ = ["sources"]


@click.group()
def sources() -> None:
    """The sources of the project."""


for _command in (list_, show, history, fetch, preview, check, state):
    sources.add_command(_command)
