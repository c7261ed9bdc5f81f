"""`spine captures`: captures produced by runs."""

from __future__ import annotations

import click

from spine.cli.commands.captures.comparing import diff
from spine.cli.commands.captures.lineage import lineage, stale
from spine.cli.commands.captures.listing import list_, show
from spine.cli.commands.captures.reading import export, read
from spine.cli.commands.captures.upkeep import forget, gc, verify

__all__ = ["captures"]


@click.group()
def captures() -> None:
    """Captures produced by runs."""


for _command in (list_, show, read, export, diff, lineage, stale, verify, gc, forget):
    captures.add_command(_command)
