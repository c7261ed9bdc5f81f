"""A deadline for a whole exchange with a peer, however slowly it answers."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Protocol

from spine.core.clock import current_clock, wait_for


class Ticking(Protocol):
    """A monotonic clock."""

    def monotonic(self) -> float:
        """Return seconds that never decrease; only differences are meaningful."""
        ...


class Deadline:
    """A deadline `seconds` from now, by `clock` or that of the project; it cuts the connections that it watches.

    The timeout of a socket restarts with each byte, so a slow peer never reaches it.
    """

    def __init__(self, seconds: float, clock: Ticking | None = None) -> None:
        self.seconds = seconds
        self._waits_on = current_clock()
        self._clock = clock or self._waits_on
        self.restart()
        self._lock = Lock()
        self._twins: list[socket.socket] = []
        self._released: Event | None = None
        self._has_cut = False

    def restart(self) -> None:
        """Restart the deadline from now."""
        self._ends_at = self._clock.monotonic() + self.seconds

    def left(self) -> float:
        """Return the seconds that are left, 0 when there are none."""
        return max(0.0, self._ends_at - self._clock.monotonic())

    @property
    def remaining(self) -> float:
        """The seconds that are left, at least 0.001: a socket takes 0 as non-blocking."""
        return max(0.001, self.left())

    @property
    def expired(self) -> bool:
        """True once the deadline has passed, or a connection was cut."""
        return self._has_cut or not self.left()

    def watch(self, connection: socket.socket) -> None:
        """Cut `connection` at the deadline, also if it is wrapped for TLS meanwhile, until `release()`."""
        with self._lock:
            self._twins.append(connection.dup())  # TLS detaches the descriptor from `connection`
            if self._released is None:
                self._released = Event()
                Thread(target=self._cut, args=(self._released,), name="spine-deadline", daemon=True).start()

    def release(self) -> None:
        """Stop watching."""
        with self._lock:
            if self._released is not None:
                self._released.set()
                self._released = None
            for twin in self._twins:
                twin.close()
            self._twins.clear()

    def _cut(self, released: Event) -> None:
        if wait_for(released, self.remaining, self._waits_on):
            return
        with self._lock:
            if released.is_set():
                return
            self._has_cut = True
            for twin in self._twins:
                with suppress(OSError):  # the peer has closed it already
                    twin.shutdown(socket.SHUT_RDWR)
