"""Connections to checked addresses; no wait exceeds the deadline."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import httpcore

from spine.core.deadline import Deadline
from spine.core.errors import SourceError
from spine.http.machine import Machine

_PIECE = 1 << 14  # bytes; the deadline is checked between two pieces, for a peer that reads slowly


class Network(httpcore.NetworkBackend):
    """A network backend that resolves a name once, checks its addresses, and connects to one of them.

    Without `block_private`, a public site leads to no private address: `site` is the host of the configured URL, `own`
    are others that are configured, too.
    """

    def __init__(
        self,
        machine: Machine,
        deadline: Deadline,
        *,
        block_private: bool | None,
        site: str | None = None,
        own: Collection[str] = (),
    ) -> None:
        self._machine = machine
        self._deadline = deadline
        self._block_private = block_private
        self._site = site
        self._own = own
        self._site_is_private: bool | None = None  # None until it was resolved
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in self._addresses(host, port, timeout):
            try:
                stream = self._sockets.connect_tcp(address, port, _bounded(timeout, self._deadline), local_address)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure or httpcore.ConnectError(f"{host} has no address")

    def _addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        addresses = self._resolved(host, port, timeout)
        if self._is_refused(host, addresses):
            raise SourceError(
                f"{host} is a loopback, link-local, private or reserved address, which block_private refuses; "
                "use a public host, or set block_private = false"
            )
        return addresses

    def _is_refused(self, host: str, addresses: list[str]) -> bool:
        public = [self._machine.is_public(address) for address in addresses]
        if self._block_private is not None:
            return self._block_private and not all(public)
        if host == self._site and self._site_is_private is None:
            self._site_is_private = not any(public)
            return False
        return not all(public) and not self._site_is_private and host not in self._own

    def _resolved(self, host: str, port: int, timeout: float | None) -> list[str]:
        """Resolve in a thread: the system's resolver has no deadline, and a call that hangs is abandoned."""
        answers: SimpleQueue[list[str] | Exception] = SimpleQueue()

        def look_up() -> None:
            try:
                answers.put(self._machine.resolve(host, port))
            except (OSError, ValueError) as error:  # ValueError: an invalid name
                answers.put(error)

        Thread(target=look_up, name="spine-resolve", daemon=True).start()
        try:
            answer = answers.get(timeout=_bounded(timeout, self._deadline))
        except Empty as error:
            raise httpcore.ConnectTimeout("no name server answers") from error
        if isinstance(answer, Exception):
            said = getattr(answer, "strerror", None) or answer
            raise httpcore.ConnectError(f"no address is known for that name: {said}") from answer
        return answer


class _Stream(httpcore.NetworkStream):
    """A connection on which no wait exceeds the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _bounded(timeout, self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._stream.write(buffer[start : start + _PIECE], _bounded(timeout, self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _bounded(timeout, self._deadline))
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _bounded(timeout: float | None, deadline: Deadline) -> float:
    left = deadline.left()
    if not left:
        raise httpcore.ReadTimeout("the deadline has passed")
    return left if timeout is None else min(timeout, left)
