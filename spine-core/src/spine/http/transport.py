"""Requests over connections of their own: failures are typed, and nothing is logged of what they carry."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpcore
import httpx

from spine.core.deadline import Deadline
from spine.core.errors import NetworkError, SourceError, SpineError, TimeoutError  # noqa: A004 -- Spine's own
from spine.http.machine import Machine
from spine.http.network import Network

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
        network = Network(machine, deadline, block_private=block_private)
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
