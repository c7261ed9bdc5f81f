"""The option `--health` of services: an address that answers /healthz, /readyz and /metrics."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from spine.app import Application
    from spine.app.health_server import Health

Address = tuple[str, int]


def health_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--health [HOST:]PORT`, as the argument `health`."""
    return click.option(
        "--health",
        metavar="[HOST:]PORT",
        callback=_address,
        help="Answer /healthz, /readyz and /metrics over HTTP there; the host is 127.0.0.1 unless given.",
    )(command)


@contextmanager
def serving_health(
    application: Application, address: Address | None, stopping: threading.Event, say: Callable[[str], None]
) -> Iterator[Health]:
    """Give the health of this process, and answer requests for it inside the block if there is an address.

    `say` tells the port.
    """
    from spine.app.health_server import Health, health_server

    health = Health(application, stopping)
    if address is None:
        yield health
        return
    with health_server(address, health) as port:
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        say(f"health: http://{host}:{port}/healthz and /readyz; metrics at /metrics")
        yield health


def _address(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> Address | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        raise click.BadParameter(f"{text!r} is no address: write a port, such as 8080, or HOST:PORT")
    return (host.strip("[]") or "127.0.0.1", int(port))
