"""Health of a service over HTTP: `/healthz` tells whether it works, `/readyz` whether it can take work."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Any

from attrs import define, field

from spine.core.clock import current_clock
from spine.core.errors import ConfigError, SpineError
from spine.core.masking import hide_secrets

if TYPE_CHECKING:
    from spine.app.application import Application

logger = logging.getLogger("spine.app")

_SILENT_SECONDS = 30.0  # without a beat, a service counts as hung


@define(eq=False)
class Health:
    """Health of the service of this process, which calls `beat`; `last_error` is what it cannot do.

    Once `stopping` is set, it has not to beat any more.
    """

    application: Application
    stopping: threading.Event = field(factory=threading.Event)
    last_error: str | None = None
    _beat_at: float = field(factory=lambda: current_clock().monotonic(), init=False)

    def beat(self, last_error: str | None = None) -> None:
        """Note that the service works, and what it cannot do."""
        self._beat_at, self.last_error = current_clock().monotonic(), last_error

    def why_ill(self) -> str | None:
        """Return why the service does not work; None if it does."""
        silent = current_clock().monotonic() - self._beat_at
        return f"no beat for {silent:.0f} s" if silent >= _SILENT_SECONDS and not self.stopping.is_set() else None

    def why_not_ready(self) -> str | None:
        """Return why the service can take no work; None if it can. It asks the database."""
        if self.stopping.is_set():
            return "it is stopping"
        if (reason := self.why_ill() or self.last_error) is not None:
            return hide_secrets(reason)
        try:
            self.application.adapter.query_one("SELECT 1 AS one")
        except SpineError as error:
            return hide_secrets(str(error))
        return None


@contextmanager
def health_server(address: tuple[str, int], health: Health) -> Iterator[int]:
    """Serve the health at an address, and give the port; ConfigError if it cannot be bound."""
    try:
        server = (_Server6 if ":" in address[0] else _Server)(address, _handler(health))
    except (OSError, OverflowError, TypeError, ValueError) as error:
        raise ConfigError(f"--health {address[0]}:{address[1]}: {error}: give another port, or a host here") from error
    thread = threading.Thread(target=copy_context().run, args=(server.serve_forever,), name="spine-health", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingTCPServer):
    """A server of HTTP that asks no name service for the name of its host."""

    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, _request: Any, _address: Any) -> None:
        """Log it for developers: mostly a client that hung up."""
        logger.debug("a request of health failed", exc_info=True)


class _Server6(_Server):
    address_family = socket.AF_INET6


def _handler(health: Health) -> type[BaseHTTPRequestHandler]:
    answers: dict[str, Callable[[], str | None]] = {"/healthz": health.why_ill, "/readyz": health.why_not_ready}
    context = copy_context()

    class Handler(BaseHTTPRequestHandler):
        timeout = 10.0  # seconds for a request to arrive
        server_version, sys_version = "spine", ""  # no version of Python

        def do_GET(self) -> None:
            ask = answers.get(self.path.partition("?")[0])
            if ask is None:
                self._answer(404, {"status": "unknown path", "paths": sorted(answers)})
                return
            reason = context.copy().run(ask)
            facts: dict[str, Any] = {"status": "ok"} if reason is None else {"status": "unavailable", "reason": reason}
            self._answer(200 if reason is None else 503, facts)

        def _answer(self, code: int, facts: dict[str, Any]) -> None:
            body = json.dumps(facts).encode() + b"\n"
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_details: Any) -> None:
            """Log nothing: probes come every few seconds."""

    return Handler
