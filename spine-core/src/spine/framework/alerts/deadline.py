"""A total time for talking to a peer, however slowly it answers."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Event, Lock, Thread

from spine.core.clock import current_clock


class Deadline:
    """Cuts the connections that it watches when the time is over, which runs from its creation.

    A time-out of a socket starts anew with each byte, so that a peer that drips would never meet it.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._clock = current_clock()
        self._ends_at = self._clock.monotonic() + seconds
        self._lock = Lock()
        self._twins: list[socket.socket] = []
        self._released: Event | None = None
        self._has_cut = False

    @property
    def remaining(self) -> float:
        """The seconds that are left, never quite none: a socket takes 0 for `do not wait at all`."""
        return max(0.001, self._ends_at - self._clock.monotonic())

    @property
    def expired(self) -> bool:
        """Whether the time is over."""
        return self._has_cut or self._clock.monotonic() >= self._ends_at

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
        if self._clock.wait(self.remaining, released):
            return
        with self._lock:
            if released.is_set():
                return
            self._has_cut = True
            for twin in self._twins:
                with suppress(OSError):  # the peer was faster
                    twin.shutdown(socket.SHUT_RDWR)
