"""A gate where tasks, in any thread or process of this machine, wait until a test opens it."""

from __future__ import annotations

import socket
from typing import Any, Self

_TASK_SECONDS = 600.0  # for a busy machine; only a task whose test is gone waits so long


class Gate:
    """Blocks tasks until `open`; `arrival` returns the name of the next one."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._waiting: list[socket.socket] = []

    @property
    def address(self) -> list[Any]:
        """The address for tasks, as JSON values."""
        return list(self._listener.getsockname())

    def arrival(self, seconds: float) -> str | None:
        """Return the name of the next task that arrives within `seconds`, or None."""
        self._listener.settimeout(seconds)
        try:
            visitor, _ = self._listener.accept()
        except TimeoutError:
            return None
        self._waiting.append(visitor)
        visitor.settimeout(seconds)
        return visitor.recv(200).decode()

    def open(self) -> None:
        """Release waiting and later tasks; a second call does nothing."""
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
