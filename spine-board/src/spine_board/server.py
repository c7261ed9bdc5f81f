"""Server of the board."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
import uvicorn
from attrs import evolve

from spine.core.errors import ConfigError
from spine_board.access import Access, is_loopback
from spine_board.app import create_app
from spine_board.connection import BoundedConnection
from spine_board.tokens import Tokens

if TYPE_CHECKING:
    from spine.project import Project

_GRACE_SECONDS = 2  # for pages; a stream of events has no end of its own


def serve(project: Project, access: Access) -> None:
    """Serve the board until the process is interrupted.

    Raises ConfigError for an address that cannot be had, and where a token is needed and there is none.
    """
    if (access.with_actions or not is_loopback(access.host)) and not Tokens(project).list():
        reason = "--allow-actions" if access.with_actions else f"--host {access.host}"
        raise ConfigError(f"{reason} needs a token, and there is none: make one with spine board token add NAME")
    listener = _listen(access)
    used = evolve(access, port=listener.getsockname()[1], names=(*access.names, *_declared_names(project)))
    config = uvicorn.Config(
        create_app(project, used),
        http=BoundedConnection,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        lifespan="on",
    )
    click.echo(f"board of {project.name}: http://{_shown(used)}/ (Ctrl+C ends it)", err=True)
    with listener:
        uvicorn.Server(config).run(sockets=[listener])


def _declared_names(project: Project) -> list[str]:
    """Return the host of `[alerts] base_url`, whose links lead here."""
    found = (str(row["value"]) for row in project.settings() if row["key"] == "alerts.base_url" and row["value"])
    return [name for url in found if (name := urlsplit(url).hostname)]


def _listen(access: Access) -> socket.socket:
    family = socket.AF_INET6 if ":" in access.host else socket.AF_INET
    try:
        return socket.create_server((access.host, access.port), family=family, backlog=128)
    except (OSError, UnicodeError) as error:
        raise ConfigError(
            f"the board cannot listen on {access.host}:{access.port}: {error}: choose another --port or --host"
        ) from None


def _shown(access: Access) -> str:
    host = f"[{access.host}]" if ":" in access.host else access.host
    return f"{host}:{access.port}"
