"""One request to an HTTP service and its reply, within a total time and without a secret in any log or error."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from spine.core import errors
from spine.core.deadline import Deadline
from spine.core.plain_text import one_line
from spine.core.secrets import MASK, Secret

if TYPE_CHECKING:
    import httpx

MAX_REPLY_BYTES = 64 * 1024  # the replies of alerting services are far shorter
_SHOWN_CHARACTERS = 200
_HEADERS = {"Content-Type": "application/json", "User-Agent": "spine", "Accept-Encoding": "identity"}
# every logger of httpx 0.28 and httpcore 1.0: they log URLs, and headers that may repeat them
_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))


@frozen
class Request:
    """What to send: `hidden` are further secrets, which a service might repeat in its reply."""

    method: str
    url: Secret
    payload: Any = None
    headers: Mapping[str, Secret] = field(factory=dict)
    hidden: Collection[Secret] = ()


@frozen
class Reply:
    """What a service answered; `text` has at most 64 KB, and a mask for every secret that it repeated."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """What the text holds as JSON, None if it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    @property
    def shown(self) -> str:
        """The beginning of the text in one line, for an error's sentence."""
        return one_line(self.text).strip()[:_SHOWN_CHARACTERS]


def exchange(service: str, request: Request, deadline: Deadline) -> Reply:
    """Send `request` to `service`, as sentences call it, and return its reply whatever its status.

    Redirects are not followed. Raises NetworkError where there is no reply, TimeoutError where there is none in time,
    ConfigError without httpx.
    """
    try:
        import httpx
    except ImportError as error:
        raise errors.ConfigError(f"{service} needs httpx: pip install 'spine-core[http]'", cause=error) from error

    with _quiet():
        try:
            return _exchange(request, deadline)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, ImportError) as error:
            # without the error itself, whose request shows the URL
            raise _no_reply(service, error, deadline) from _origin(error)
        finally:
            deadline.release()


def _exchange(request: Request, deadline: Deadline) -> Reply:
    import httpx

    def watch(event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            deadline.watch(info["return_value"].get_extra_info("socket"))

    headers = {name: value.reveal() for name, value in request.headers.items()}
    # half of the time for connecting: a name often has two addresses, and each is tried
    limits = httpx.Timeout(deadline.remaining, connect=deadline.remaining / 2)
    with (
        httpx.Client(timeout=limits) as client,
        client.stream(
            request.method,
            request.url.reveal(),
            content=None if request.payload is None else json.dumps(request.payload).encode(),
            headers=_HEADERS | headers,
            extensions={"trace": watch},
        ) as response,
    ):
        text = _beginning(response).decode("utf-8", "replace")
    return Reply(response.status_code, dict(response.headers), _masked(text, request))


def _beginning(response: httpx.Response) -> bytes:
    content = bytearray()
    for chunk in response.iter_raw():
        content += chunk
        if len(content) >= MAX_REPLY_BYTES:
            break
    return bytes(content[:MAX_REPLY_BYTES])


def _masked(text: str, request: Request) -> str:
    for secret in (request.url, *request.headers.values(), *request.hidden):
        if secret:
            text = text.replace(secret.reveal(), MASK)
    return text


def _no_reply(service: str, error: Exception, deadline: Deadline) -> errors.SpineError:
    import ssl  # loaded by httpx

    import httpx

    origin = _origin(error)
    if deadline.expired or isinstance(error, httpx.TimeoutException):
        return errors.TimeoutError(f"{service} did not answer within {deadline.seconds:g} seconds")
    if isinstance(origin, ssl.SSLCertVerificationError):
        reason = origin.verify_message or "certificate verify failed"
        return errors.NetworkError(
            f"{service} shows a certificate that is not to be trusted: {reason}; SSL_CERT_FILE names authorities of "
            "your own",
            retryable=False,
        )
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError)):
        return errors.ConfigError(f"{service} has a URL or a header that cannot be sent: check the channel's settings")
    if isinstance(error, (ValueError, ImportError)):
        return errors.ConfigError(f"{service} cannot be reached through the proxy that HTTPS_PROXY or ALL_PROXY names")
    if isinstance(error, FileNotFoundError):
        return errors.ConfigError(f"{service} cannot be reached: SSL_CERT_FILE names a file that is not there")
    reason = str(origin or "").strip() or type(error).__name__
    return errors.NetworkError(f"{service} cannot be reached: {one_line(reason)[:_SHOWN_CHARACTERS]}")


def _origin(error: BaseException) -> OSError | None:
    """Return what the operating system said behind an error of httpx."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        if isinstance(current, OSError):
            return current
        seen.append(current)
        current = current.__cause__ or current.__context__
    return None


_silent: ContextVar[bool] = ContextVar("silent", default=False)


def _may_log(_: logging.LogRecord) -> bool:
    return not _silent.get()


@contextmanager
def _quiet() -> Iterator[None]:
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_may_log)  # the same one again changes nothing
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)
