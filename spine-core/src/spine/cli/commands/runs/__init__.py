"""`spine runs`: past and present runs."""

from __future__ import annotations

import click

from spine.cli.commands.runs.affected import affected
from spine.cli.commands.runs.control import cancel, park, recover, resume, wake
from spine.cli.commands.runs.follow import logs, watch
from spine.cli.commands.runs.items import items
from spine.cli.commands.runs.listing import list_, show
from spine.cli.commands.runs.report import report

__all__ = ["runs"]


@click.group()
def runs() -> None:
    """Past and present runs."""


for _command in (list_, show, items, affected, resume, cancel, park, recover, wake, watch, logs, report):
    runs.add_command(_command)
