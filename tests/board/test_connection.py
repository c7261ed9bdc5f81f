"""Connections of a real server: clients that send slowly, and those beside them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from contextvars import copy_context

import httpx
import pytest
import uvicorn

from spine.project import Project
from spine_board import connection
from spine_board.access import Access
from spine_board.app import create_app
from tests.projects import wait_until

OPEN = 20


@pytest.fixture
def port(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Serve a board with few connections, and return its port."""
    monkeypatch.setattr(connection, "_MOST_OPEN", OPEN)
    config = uvicorn.Config(
        create_app(project, Access()),
        port=0,
        log_level="warning",
        timeout_graceful_shutdown=1,
        http=connection.BoundedConnection,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=copy_context().run, args=(server.run,))
    thread.start()
    wait_until(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def is_cut_off(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_the_oldest_of_many_slow_clients_are_cut_off_and_a_visitor_is_served(port: int) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(3 * OPEN)]
        for client in clients:
            with suppress(ConnectionError):
                client.sendall(b"GET /runs HTTP/1.1\r\nX: ")
        assert httpx.get(f"http://127.0.0.1:{port}/runs", timeout=60).status_code == 200
        wait_until(lambda: sum(map(is_cut_off, clients)) >= 2 * OPEN)
