"""A proxy on loopback, between Spine and a server, that cuts connections at random bytes."""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from types import TracebackType
from typing import Self

from attrs import define, field

_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER without a wait: the connection is reset


@define(eq=False)
class CuttingProxy:
    """A proxy to the socket of a server.

    Of each connection, a random direction is cut after a random number of bytes, up to `longest`, in the middle of a
    message if it comes so; the other side sees the end of the connection or a reset. `spared` is the part of the
    connections that is not cut.
    """

    target: str
    random: Random
    longest: int = 30_000
    spared: float = 0.4
    is_cutting: bool = False
    cuts: int = 0
    _listener: socket.socket = field(factory=socket.socket)
    _lock: threading.Lock = field(factory=threading.Lock)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._listener.close()

    @contextmanager
    def cutting(self) -> Iterator[None]:
        """Cut connections during a block."""
        self.is_cutting = True
        try:
            yield
        finally:
            self.is_cutting = False

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            _Connection(self, client).start()

    def draw(self) -> tuple[int, int | None]:
        """Return the direction of a new connection that is cut, and after how many bytes; None for not."""
        with self._lock:
            direction, after = self.random.randrange(2), self.random.randrange(1, self.longest)
            return direction, None if self.random.random() < self.spared else after

    def count(self) -> None:
        with self._lock:
            self.cuts += 1


class _Connection:
    """A thread that copies the bytes of both directions."""

    def __init__(self, proxy: CuttingProxy, client: socket.socket) -> None:
        self._proxy = proxy
        self._sides = [client, socket.socket(socket.AF_UNIX)]
        self._cut, self._after = proxy.draw()
        self._resets = proxy.random.random() < 0.5

    def start(self) -> None:
        threading.Thread(target=self._copy, daemon=True).start()

    def _copy(self) -> None:
        client, server = self._sides
        with client, server, suppress(OSError):  # a side has ended
            server.connect(self._proxy.target)
            done = [0, 0]
            while True:
                for source in select.select(self._sides, [], [])[0]:
                    direction = self._sides.index(source)
                    data = source.recv(_CHUNK)
                    if not data or self._is_cut(direction, done[direction], data):
                        return
                    self._sides[1 - direction].sendall(data)
                    done[direction] += len(data)

    def _is_cut(self, direction: int, done: int, data: bytes) -> bool:
        """Send the last bytes, if this is where the connection is cut."""
        if not self._proxy.is_cutting or self._after is None or direction != self._cut:
            return False
        left = max(self._after - done, 0)
        if left > len(data):
            return False
        self._sides[1 - direction].sendall(data[:left])
        self._proxy.count()
        if self._resets:
            self._sides[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        return True
