"""`spine backfills`: past and present backfills."""

from __future__ import annotations

import click

from spine.cli.commands.backfills.control import cancel, resume
from spine.cli.commands.backfills.listing import list_, show

__all__ = ["backfills"]


@click.group()
def backfills() -> None:
    """Past and present backfills."""


for _command in (list_, show, resume, cancel):
    backfills.add_command(_command)
