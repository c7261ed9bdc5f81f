"""Health of a service over HTTP, `/healthz` if it works, `/readyz` if it takes work; `/metrics` of its project."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from attrs import define, field, frozen

from spine.app.metrics import SharedMetrics
from spine.core.clock import current_clock
from spine.core.errors import ConfigError, SpineError
from spine.core.masking import hide_secrets
from spine.storage.migrate import schema_status

if TYPE_CHECKING:
    from spine.app.application import Application

logger = logging.getLogger("spine.app")

_SILENT_SECONDS = 30.0  # without a beat, a service counts as hung
_REQUEST_SECONDS = 10.0  # for a part of a request to arrive
_MOST_OPEN = 32  # connections: the service needs the file descriptors and threads itself
_MOST_THREADS = 2 * _MOST_OPEN  # of them, and of those that were cut off and have not ended yet


@define(eq=False)
class Health:
    """Health of the service of this process, which calls `beat`; `last_error` is what it cannot do.

    Once `stopping` is set, it has not to beat any more.
    """

    application: Application
    stopping: threading.Event = field(factory=threading.Event)
    last_error: str | None = None
    _beat_at: float = field(factory=lambda: current_clock().monotonic(), init=False)
    _has_begun: bool = field(default=False, init=False)

    def beat(self, last_error: str | None = None) -> None:
        """Note that the service works, and what it cannot do."""
        self._beat_at, self.last_error, self._has_begun = current_clock().monotonic(), last_error, True

    def why_ill(self) -> str | None:
        """Return why the service does not work; None if it does."""
        silent = current_clock().monotonic() - self._beat_at
        return f"no beat for {silent:.0f} s" if silent >= _SILENT_SECONDS and not self.stopping.is_set() else None

    def why_not_ready(self) -> str | None:
        """Return why the service can take no work; None if it can. It asks the database for its version."""
        if self.stopping.is_set():
            return "it is stopping"
        if (reason := self.why_ill() or self.last_error) is not None:
            return hide_secrets(reason)
        if not self._has_begun:
            return "it is starting"
        try:
            status = schema_status(self.application.adapter)
        except SpineError as error:
            return hide_secrets(str(error))
        if not status.is_current:
            return f"the tables have version {status.current}, and this spine-core has {status.head}"
        return None


@frozen
class _Answer:
    """Status, type and text of an answer."""

    status: HTTPStatus
    content_type: str
    text: str


def _json(code: HTTPStatus, facts: dict[str, Any]) -> _Answer:
    return _Answer(code, "application/json", json.dumps(facts) + "\n")


def _unavailable(reason: str) -> _Answer:
    return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "unavailable", "reason": reason})


def _health(why_not: Callable[[], str | None]) -> _Answer:
    reason = why_not()
    return _json(HTTPStatus.OK, {"status": "ok"}) if reason is None else _unavailable(reason)


def _metrics(metrics: SharedMetrics) -> _Answer:
    from spine.storage.metrics.text import CONTENT_TYPE  # most services are not asked

    try:
        return _Answer(HTTPStatus.OK, CONTENT_TYPE, metrics.text())
    except SpineError as error:
        return _unavailable(hide_secrets(str(error)))


@contextmanager
def health_server(address: tuple[str, int], health: Health) -> Iterator[int]:
    """Serve the health at an address, and give the port; ConfigError if it cannot be bound."""
    try:
        server = (_Server6 if ":" in address[0] else _Server)(address, _handler(health, _is_loopback(address[0])))
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
    """A server of HTTP that asks no name service for the name of its host.

    A further connection ends the oldest one: clients that send slowly hold up neither a probe nor the service.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        self._open: dict[socket.socket, bool] = {}  # with True for those that were cut off
        self._lock = threading.Lock()
        super().__init__(*arguments)

    def verify_request(self, request: Any, _address: Any) -> bool:
        """Take a connection, unless too many that were cut off have not ended yet."""
        with self._lock:
            if len(self._open) >= _MOST_THREADS:
                return False
            waiting = [each for each, is_cut in self._open.items() if not is_cut]
            if len(waiting) >= _MOST_OPEN:
                self._open[waiting[0]] = True
                with suppress(OSError):  # the client has hung up
                    waiting[0].shutdown(socket.SHUT_RDWR)
            self._open[request] = False
            return True

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, _request: Any, _address: Any) -> None:
        """Log it for developers: mostly a client that hung up."""
        logger.debug("a request of health failed", exc_info=True)


class _Server6(_Server):
    address_family = socket.AF_INET6


def _is_loopback(host: str) -> bool:
    """Return True for a name or an address that only this machine reaches."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _host_of(header: str) -> str:
    """Return the host of a Host header; an empty text for one that has none."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _handler(health: Health, only_here: bool) -> type[BaseHTTPRequestHandler]:
    """Return the handler of requests; with `only_here`, one that asks another host by name is refused.

    A page of another site could otherwise read the answers through a name that leads to this machine.
    """
    answers: dict[str, Callable[[], _Answer]] = {
        "/healthz": partial(_health, health.why_ill),
        "/readyz": partial(_health, health.why_not_ready),
        "/metrics": partial(_metrics, SharedMetrics(health.application)),
    }
    context = copy_context()

    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_SECONDS
        server_version, sys_version = "spine", ""  # no version of Python

        def do_GET(self) -> None:
            self._send(self._answer())

        def _answer(self) -> _Answer:
            host = self.headers.get("Host")
            if only_here and host is not None and not _is_loopback(_host_of(host)):
                reason = "it listens on this machine only: ask 127.0.0.1, or start it with --health HOST:PORT"
                return _json(HTTPStatus.MISDIRECTED_REQUEST, {"status": "unknown host", "reason": reason})
            answer = answers.get(self.path.partition("?")[0])
            if answer is None:
                return _json(HTTPStatus.NOT_FOUND, {"status": "unknown path", "paths": sorted(answers)})
            return context.copy().run(answer)

        def _send(self, answer: _Answer) -> None:
            body = answer.text.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_details: Any) -> None:
            """Log nothing: probes come every few seconds."""

    return Handler
