"""Connections: to addresses that were looked at first, under one deadline, and silent about what they carry."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from spine.core.errors import NetworkError, SourceError, SpineError, TimeoutError  # noqa: A004 -- Spine's own
from spine_sources_http.machine import Deadline, Machine

_MAX_HEADER_AND_CHUNK = 1 << 16  # bytes a read asks for at most

_speaking: ContextVar[bool] = ContextVar("spine_http_speaking", default=False)


class _Silence(logging.Filter):
    """Drops what httpcore logs of Spine's own requests: it quotes response headers, such as cookies and signed URLs."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not _speaking.get()


for _name in ("connection", "http11", "http2", "proxy", "socks"):
    logging.getLogger(f"httpcore.{_name}").addFilter(_Silence())


class Transport(httpx.BaseTransport):
    """The connections of one fetch. Close it when the fetch is over.

    Times are in seconds; `deadline` bounds every wait, however slowly bytes arrive. Proxies are not used.
    """

    def __init__(
        self,
        machine: Machine,
        deadline: Deadline,
        tls: ssl.SSLContext,
        *,
        connect_timeout: float,
        read_timeout: float,
        block_private: bool,
    ) -> None:
        self._timeouts = {"connect": connect_timeout, "read": read_timeout, "write": read_timeout, "pool": read_timeout}
        self._read_timeout = read_timeout
        self._deadline = deadline
        network = _Network(machine, deadline, block_private=block_private)
        self._pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=network)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response as soon as the headers are there; failures are Spine's errors."""
        where = str(request.url.host)
        asked = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.read(),
            extensions={"timeout": self._timeouts},
        )
        with self._speaking_to(where):
            answer = self._pool.handle_request(asked)
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(self, where, answer.stream), request=request
        )

    def close(self) -> None:
        with self._speaking_to(""):
            self._pool.close()

    @contextmanager
    def _speaking_to(self, host: str) -> Iterator[None]:
        token = _speaking.set(True)
        try:
            yield
        except httpcore.TimeoutException as error:
            raise self._too_slow(host, error) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise _broken(host, error) from error
        except httpcore.UnsupportedProtocol as error:
            raise SourceError(f"{host} cannot be reached: only http and https are spoken", cause=error) from error
        finally:
            _speaking.reset(token)

    def _too_slow(self, host: str, error: Exception) -> SpineError:
        if not self._deadline.left():
            return DeadlineError.of(host, self._deadline)
        doing = "answer a connection" if isinstance(error, httpcore.ConnectTimeout) else "send or take anything"
        seconds = self._timeouts["connect"] if isinstance(error, httpcore.ConnectTimeout) else self._read_timeout
        return TimeoutError(f"{host} did not {doing} for {seconds:g} seconds", cause=error)


class DeadlineError(TimeoutError):
    """A fetch has used up its time, so that nothing in it is tried again."""

    @classmethod
    def of(cls, host: str, deadline: Deadline) -> DeadlineError:
        """Return the error that names the host that was being waited for."""
        return cls(
            f"{host} did not deliver everything within {deadline.seconds:g} seconds; if that is normal, "
            "raise total_timeout"
        )


def _broken(host: str, error: Exception) -> NetworkError:
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    refused = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if refused is not None:
        return NetworkError(
            f"the certificate of {host} is not trusted: {refused.verify_message}; give its authority as ca_file",
            retryable=False,
            cause=error,
        )
    said = str(error) or type(error).__name__
    return NetworkError(f"the connection to {host} failed: {said}", cause=error)


class _Body(httpx.SyncByteStream):
    """The bytes of a response as they come."""

    def __init__(self, transport: Transport, host: str, stream: Iterable[bytes]) -> None:
        self._transport = transport
        self._host = host
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self._stream)
        while True:
            with self._transport._speaking_to(self._host):
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk

    def close(self) -> None:
        with self._transport._speaking_to(self._host):
            self._stream.close()  # type: ignore[attr-defined]  # every stream of httpcore has it


class _Network(httpcore.NetworkBackend):
    """Resolves a name once, looks at what it found, and connects to exactly that."""

    def __init__(self, machine: Machine, deadline: Deadline, *, block_private: bool) -> None:
        self._machine = machine
        self._deadline = deadline
        self._block_private = block_private
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
        for address in self._addresses(host, port):
            try:
                stream = self._sockets.connect_tcp(address, port, _bounded(timeout, self._deadline), local_address)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure or httpcore.ConnectError(f"{host} has no address")

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = self._machine.resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"no address is known for that name: {error.strerror or error}") from error
        if self._block_private and not all(map(self._machine.is_public, addresses)):
            raise SourceError(
                f"{host} is a loopback, link-local, private or reserved address, which block_private refuses; "
                "use a public host, or set block_private = false"
            )
        return addresses


class _Stream(httpcore.NetworkStream):
    """A connection on which no wait outlasts the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(min(max_bytes, _MAX_HEADER_AND_CHUNK), _bounded(timeout, self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _bounded(timeout, self._deadline))

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
