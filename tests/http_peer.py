"""HTTP server on loopback that records requests and sends the replies of a test, also faulty ones."""

from __future__ import annotations

import json
import ssl
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from attrs import field, frozen


@frozen
class Received:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@frozen
class Answer:
    """A status, a body and headers; `raw` writes arbitrary bytes onto the connection instead."""

    status: int = 200
    body: str = "ok"
    headers: Mapping[str, str] = field(factory=dict)
    raw: Callable[[Callable[[bytes], None], Event], None] | None = None


class HttpPeer:
    """`answers` are given one after the other, then `usual`, or what `usual` returns for a request."""

    def __init__(self, usual: Answer | Callable[[Received], Answer]) -> None:
        self.usual = usual
        self.answers: deque[Answer] = deque()
        self.received: list[Received] = []
        self.closing = Event()
        self.url = ""

    def answer(self, received: Received) -> Answer:
        self.received.append(received)
        if self.answers:
            return self.answers.popleft()
        return self.usual if isinstance(self.usual, Answer) else self.usual(received)


@contextmanager
def http_peer(
    usual: Answer | Callable[[Received], Answer] = Answer(), tls: ssl.SSLContext | None = None
) -> Iterator[HttpPeer]:
    peer = HttpPeer(usual)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = peer.answer(Received(self.command, self.path, dict(self.headers), body))
            self.close_connection = True
            if answer.raw is not None:
                with suppress(OSError):  # the client had enough
                    answer.raw(self.wfile.write, peer.closing)
                return
            content = answer.body.encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = handle_any

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:  # a client that refuses the certificate
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    peer.url = f"http{'s' if tls else ''}://{'localhost' if tls else '127.0.0.1'}:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        peer.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


Raw = Callable[[Callable[[bytes], None], Event], None]


def telling(written: Event, raw: Raw) -> Answer:
    """Return the answer that `raw` writes, which sets `written` when a part of it was."""

    def write_and_tell(write: Callable[[bytes], None], closing: Event) -> None:
        def tell(data: bytes) -> None:
            write(data)
            written.set()

        raw(tell, closing)

    return Answer(raw=write_and_tell)


def drip(write: Callable[[bytes], None], closing: Event) -> None:
    """Send a header that never ends, a byte at a time."""
    write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not closing.wait(0.02):
        write(b"x")


def drip_body(write: Callable[[bytes], None], closing: Event) -> None:
    """Send a long body, a byte at a time."""
    write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not closing.wait(0.02):
        write(b"x")


def truncated(write: Callable[[bytes], None], closing: Event) -> None:
    """Send less than the Content-Length."""
    write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok")


def huge(write: Callable[[bytes], None], closing: Event) -> None:
    """Send 10 MB."""
    write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
    for _ in range(100):
        write(b"x" * 100_000)


def hang_up(write: Callable[[bytes], None], closing: Event) -> None:
    """Close the connection without a reply."""
