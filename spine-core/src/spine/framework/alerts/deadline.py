"""A total time for talking to a peer, however slowly it answers."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Lock, Timer
from time import monotonic
from types import TracebackType
from typing import Self


class Deadline:
    """Cuts the connections it watches when the time is over; time runs from its creation to the end of its block.

    A time-out of a socket starts anew with each byte, so that a peer that drips would never meet it.
    """

    def __init__(self, seconds: float) -> None:
        self._ends_at = monotonic() + seconds
        self._lock = Lock()
        self._twins: list[socket.socket] = []
        self._timer: Timer | None = None
        self._has_cut = False

    @property
    def remaining(self) -> float:
        """The seconds that are left, never quite none: a socket takes 0 for `do not wait at all`."""
        return max(0.001, self._ends_at - monotonic())

    @property
    def expired(self) -> bool:
        """Whether the time is over."""
        return self._has_cut or monotonic() >= self._ends_at

    def watch(self, connection: socket.socket) -> None:
        """Cut `connection` when the time is over, also when it has been wrapped for TLS in between."""
        with self._lock:
            self._twins.append(connection.dup())  # wrapping takes the descriptor away from `connection`
            if self._timer is None:
                self._timer = Timer(self.remaining, self._cut)
                self._timer.daemon = True
                self._timer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            for twin in self._twins:
                twin.close()
            self._twins.clear()

    def _cut(self) -> None:
        with self._lock:
            self._has_cut = True
            for twin in self._twins:
                with suppress(OSError):  # the peer was faster
                    twin.shutdown(socket.SHUT_RDWR)
