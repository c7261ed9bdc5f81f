"""`spine schedules`: schedules of workflows and pipelines."""

from __future__ import annotations

import click

from spine.cli.commands.schedules.control import add, pause, remove, resume, trigger
from spine.cli.commands.schedules.listing import history, lint, list_, next_, show

__all__ = ["schedules"]


@click.group()
def schedules() -> None:
    """Schedules of workflows and pipelines."""


for _command in (list_, show, history, next_, lint, add, pause, remove, resume, trigger):
    schedules.add_command(_command)
