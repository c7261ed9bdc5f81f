"""A total time for an exchange with a peer, however slowly it answers."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Protocol

from spine.core.clock import current_clock


class Ticking(Protocol):
    """Knows how much time passes."""

    def monotonic(self) -> float:
        """Return seconds that only grow; only differences mean something."""
        ...


class Deadline:
    """The end of `seconds` from now on, by `clock` or that of the project; connections that it watches are cut then.

    The timeout of a socket starts anew with each byte: a peer that drips never meets it.
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
        """Give the work its time again, from now on."""
        self._ends_at = self._clock.monotonic() + self.seconds

    def left(self) -> float:
        """Return the seconds that are left, 0 when there are none."""
        return max(0.0, self._ends_at - self._clock.monotonic())

    @property
    def remaining(self) -> float:
        """The seconds that are left, never quite none: a socket takes 0 for `do not wait at all`."""
        return max(0.001, self.left())

    @property
    def expired(self) -> bool:
        """True once the time is over, or a connection was cut."""
        return self._has_cut or not self.left()

    def watch(self, connection: socket.socket) -> None:
        """Cut `connection` when the time is over, also when it was wrapped for TLS in between, until `release()`."""
        with self._lock:
            self._twins.append(connection.dup())  # wrapping takes the descriptor away from `connection`
            if self._released is None:
                self._released = Event()
                Thread(target=self._cut, args=(self._released,), name="spine-deadline", daemon=True).start()

    def release(self) -> None:
        """Watch nothing any more."""
        with self._lock:
            if self._released is not None:
                self._released.set()
                self._released = None
            for twin in self._twins:
                twin.close()
            self._twins.clear()

    def _cut(self, released: Event) -> None:
        if self._waits_on.wait(self.remaining, released):
            return
        with self._lock:
            if released.is_set():
                return
            self._has_cut = True
            for twin in self._twins:
                with suppress(OSError):  # the peer was faster
                    twin.shutdown(socket.SHUT_RDWR)
