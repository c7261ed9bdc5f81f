"""A TLS endpoint before the test server, which is built without TLS."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme
from sqlalchemy import make_url

# https://www.postgresql.org/docs/current/protocol-message-formats.html: SSLRequest, eight bytes
_SSL_REQUEST = b"\0\0\0\x08\x04\xd2\x16\x2f"


class TlsEndpoint:
    """Takes connections on a port of localhost, speaks TLS with clients and plainly with the server's socket."""

    def __init__(self, context: ssl.SSLContext, target: str) -> None:
        self._context = context
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.versions: list[str | None] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with suppress(OSError), closing(client):
            if client.recv(8, socket.MSG_WAITALL) != _SSL_REQUEST:
                return  # a client that does without TLS is turned away
            client.sendall(b"S")
            with self._context.wrap_socket(client, server_side=True) as secured:
                self.versions.append(secured.version())
                with closing(socket.socket(socket.AF_UNIX)) as server:
                    server.connect(self._target)
                    back = threading.Thread(target=_pump, args=(server, secured), daemon=True)
                    back.start()
                    _pump(secured, server)
                    back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError, ValueError):
        while block := source.recv(65536):
            sink.sendall(block)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_endpoint(postgres_url: str, authority: trustme.CA) -> Iterator[Callable[..., TlsEndpoint]]:
    """A function that opens an endpoint with a certificate for `name`, and asks for the client's if told to."""
    url = make_url(postgres_url)
    folder = url.query.get("host")
    if not isinstance(folder, str):
        pytest.skip("the server of SPINE_TEST_POSTGRES_URL has no socket folder")
    opened: list[TlsEndpoint] = []

    def open_endpoint(name: str = "localhost", *, client_certificates: bool = False) -> TlsEndpoint:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["postgresql"])
        authority.issue_cert(name).configure_cert(context)
        if client_certificates:
            authority.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        endpoint = TlsEndpoint(context, f"{folder}/.s.PGSQL.{url.port or 5432}")
        opened.append(endpoint)
        return endpoint

    yield open_endpoint
    for endpoint in opened:
        endpoint.close()


@pytest.fixture
def authority_file(authority: trustme.CA, tmp_path: Path) -> str:
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(file)
    return str(file)


@pytest.fixture
def login(postgres_url: str) -> dict[str, Any]:
    """The options, apart from where the server is, that reach its database."""
    url = make_url(postgres_url)
    return {"database": url.database, "username": url.username, "password": url.password or None, "host": "localhost"}
