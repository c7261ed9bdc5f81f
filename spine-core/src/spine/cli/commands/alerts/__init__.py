"""`spine alerts`: alerts and their deliveries."""

from __future__ import annotations

import click

from spine.cli.commands.alerts.control import ack, flush, resolve, retry, silence
from spine.cli.commands.alerts.listing import channels, history, list_, show
from spine.cli.commands.alerts.routing import route, test_channel

__all__ = ["alerts"]


@click.group()
def alerts() -> None:
    """Alerts and their deliveries."""


for _command in (list_, show, channels, history, route, test_channel, flush, retry, ack, resolve, silence):
    alerts.add_command(_command)
