"""A gate that tasks wait at, in whatever thread or process of this machine they run, until a test lets them through."""

from __future__ import annotations

import socket
from typing import Any, Self

_TASK_SECONDS = 600.0  # for a machine with other work; only a task whose test is gone waits as long


class Gate:
    """Lets nobody through until `open`; `arrival` tells who is waiting."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._waiting: list[socket.socket] = []

    @property
    def address(self) -> list[Any]:
        """Where tasks find it, as JSON values."""
        return list(self._listener.getsockname())

    def arrival(self, seconds: float) -> str | None:
        """Return the name of the next task that arrives within `seconds`, None if none does."""
        self._listener.settimeout(seconds)
        try:
            visitor, _ = self._listener.accept()
        except TimeoutError:
            return None
        self._waiting.append(visitor)
        visitor.settimeout(seconds)
        return visitor.recv(200).decode()

    def open(self) -> None:
        """Let through who waits and who comes later; a second time, nothing happens."""
        self._listener.close()
        for visitor in self._waiting:
            visitor.close()
        self._waiting.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.open()


def pass_gate(address: list[Any], name: str) -> None:
    """Announce `name` at the gate of that address and wait until it is open."""
    host, port = address
    try:
        with socket.create_connection((host, port), timeout=_TASK_SECONDS) as connection:
            connection.sendall(name.encode())
            connection.recv(1)
    except ConnectionError:  # it is open
        return
