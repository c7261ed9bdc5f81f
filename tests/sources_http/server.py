"""A real HTTP server on loopback that answers by script: the replies of a path in turn, the last one forever."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import define, field, frozen

from spine.http.machine import Machine


@frozen
class Asked:
    """A request as it arrived; the names of headers are in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@frozen
class Reply:
    """Reply of a path. `drop` closes the connection instead, `after` that many bytes of the body.

    With `pause` the body goes out a byte at a time, and `pause` is called after each.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(factory=dict)
    drop: bool = False
    after: int | None = None
    pause: Callable[[], object] | None = None


Answering = Callable[[Asked], Reply]


def rows(*items: Any, **headers: str) -> Reply:
    """Return a reply with a JSON array."""
    return Reply(body=json.dumps(items).encode(), headers={"Content-Type": "application/json", **headers})


def document(value: Any, **headers: str) -> Reply:
    """Return a reply with a JSON document."""
    return Reply(body=json.dumps(value).encode(), headers={"Content-Type": "application/json", **headers})


@define
class Server:
    """State of the server: its URL, its replies, and every request so far."""

    url: str
    asked: list[Asked] = field(factory=list)
    _scripts: dict[str, list[Reply | Answering]] = field(factory=dict)
    _lock: Any = field(factory=threading.Lock)

    def on(self, path: str, *replies: Reply | Answering) -> str:
        """Set the replies of the path, one for each request, and return its URL."""
        self._scripts[path] = list(replies)
        return self.url + path

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def answer(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            script = self._scripts.get(asked.path, [Reply(404)])
            reply = script.pop(0) if len(script) > 1 else script[0]
        return reply if isinstance(reply, Reply) else reply(asked)


class _Httpd(ThreadingHTTPServer):
    daemon_threads = True
    known: Server

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that goes away is part of many tests


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes, and the second would wait for the client
    server: _Httpd

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, ssl.SSLError):
            self.close_connection = True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        query = parse_qs(parts.query, keep_blank_values=True)
        reply = self.server.known.answer(Asked(self.command, parts.path, query, headers, body))
        if reply.drop:
            self._reset()
        else:
            self._send(reply)

    do_POST = do_GET

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.after is not None:
            self.wfile.write(reply.body[: reply.after])
            self._reset()
        elif reply.pause is not None:
            self._drip(reply.body, reply.pause)
        else:
            self.wfile.write(reply.body)

    def _drip(self, body: bytes, pause: Callable[[], object]) -> None:
        for byte in body:
            self.wfile.write(bytes([byte]))
            pause()

    def _reset(self) -> None:
        self.close_connection = True
        # with a zero linger time the kernel sends a reset instead of an orderly end
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve on loopback until the block ends."""
    with _Httpd(("127.0.0.1", 0), _Handler) as httpd:
        if tls is not None:
            httpd.socket = tls.wrap_socket(httpd.socket, server_side=True)
        httpd.known = Server(f"{'https' if tls else 'http'}://127.0.0.1:{httpd.server_port}")
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield httpd.known
        finally:
            httpd.shutdown()
            thread.join()


class FakeTime:
    """A clock that only waiting moves; every wait is kept, and none takes time."""

    def __init__(self, chance: Callable[[], float] = lambda: 1.0) -> None:
        self.waits: list[float] = []
        self.start = datetime(2025, 12, 15, 6, 30, tzinfo=UTC)
        self.elapsed = 0.0
        self.names: dict[str, list[str]] = {}
        self.machine = Machine(
            now=lambda: self.start + timedelta(seconds=self.elapsed),
            monotonic=lambda: self.elapsed,
            sleep=self.sleep,
            chance=chance,
            resolve=self.resolve,
        )

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.elapsed += seconds

    def resolve(self, host: str, port: int) -> list[str]:
        return self.names.get(host, [host])
