"""Requests over connections of their own: failures are typed, and no content is logged."""

from __future__ import annotations

import re
import ssl
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from spine.core.deadline import Deadline
from spine.core.errors import ConfigError, NetworkError, SpineError, TimeoutError  # noqa: A004 -- Spine's own
from spine.core.plain_text import one_line
from spine.http.machine import Machine
from spine.http.network import Network
from spine.http.quiet import quiet
from spine.http.wording import Wording

_SHOWN_CHARACTERS = 200
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")  # of the platform; the text says the same on each


class Transport(httpx.BaseTransport):
    """The connections of one exchange. Close it when the exchange is over.

    Times are in seconds; `deadline` bounds every wait, however slowly bytes arrive. A proxy is used only if given.
    """

    def __init__(
        self,
        machine: Machine,
        deadline: Deadline,
        tls: ssl.SSLContext,
        wording: Wording,
        *,
        connect_timeout: float,
        read_timeout: float,
        block_private: bool | None = False,
        site: str | None = None,
        own: Collection[str] = (),
        proxy: httpcore.Proxy | None = None,
    ) -> None:
        self._timeouts = {"connect": connect_timeout, "read": read_timeout, "write": read_timeout, "pool": read_timeout}
        self._deadline = deadline
        self._wording = wording
        network = Network(machine, deadline, block_private=block_private, site=site, own=own)
        self._pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=network, proxy=proxy)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response as soon as the headers arrive; failures are Spine's errors."""
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
        with self._typed(where):
            answer = self._pool.handle_request(asked)
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(self, where, answer.stream), request=request
        )

    def close(self) -> None:
        with self._typed(""):
            self._pool.close()

    def out_of_time(self, host: str) -> str:
        """Return the error text for a deadline that passed while waiting for `host`."""
        return self._wording.fill(self._wording.deadline, host, seconds=self._deadline.seconds)

    @contextmanager
    def _typed(self, host: str) -> Iterator[None]:
        with quiet():
            try:
                yield
            except httpcore.TimeoutException as error:
                raise self._too_slow(host, error) from error
            except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as error:
                raise ConfigError(self._wording.fill(self._wording.unsendable, host), cause=error) from error
            except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, OSError) as error:
                raise self._broken(host, error) from error

    def _too_slow(self, host: str, error: Exception) -> SpineError:
        if not self._deadline.left():
            return TimeoutError(self.out_of_time(host), cause=error)
        is_connecting = isinstance(error, httpcore.ConnectTimeout)
        sentence = self._wording.connect_timeout if is_connecting else self._wording.read_timeout
        seconds = self._timeouts["connect" if is_connecting else "read"]
        return TimeoutError(self._wording.fill(sentence, host, seconds=seconds), cause=error)

    def _broken(self, host: str, error: Exception) -> NetworkError:
        causes: list[BaseException] = [error]
        while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
            causes.append(cause)
        refused = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
        if refused is not None:
            reason = refused.verify_message or "certificate verify failed"
            said = self._wording.fill(self._wording.untrusted, host, reason=reason)
            return NetworkError(said, retryable=False, cause=error)
        reason = one_line(_ERRNO.sub("", str(error)) or type(error).__name__)[:_SHOWN_CHARACTERS]
        return NetworkError(self._wording.fill(self._wording.broken, host, reason=reason), cause=error)


class _Body(httpx.SyncByteStream):
    """The bytes of a response as they arrive."""

    def __init__(self, transport: Transport, host: str, stream: Iterable[bytes]) -> None:
        self._transport = transport
        self._host = host
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self._stream)
        while True:
            with self._transport._typed(self._host):
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk

    def close(self) -> None:
        with self._transport._typed(self._host):
            self._stream.close()  # type: ignore[attr-defined]  # every stream of httpcore has it
