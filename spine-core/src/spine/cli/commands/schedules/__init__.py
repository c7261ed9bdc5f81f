"""`spine schedules`: what is declared to run when."""

from __future__ import annotations

import click

from spine.cli.commands.schedules.control import add, pause, remove, resume, trigger
from spine.cli.commands.schedules.listing import history, lint, list_, next_, show

__all__ = ["schedules"]


@click.group()
def schedules() -> None:
    """What is declared to run when."""


for _command in (list_, show, history, next_, lint, add, pause, remove, resume, trigger):
    schedules.add_command(_command)
