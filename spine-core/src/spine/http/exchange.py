"""One request to an HTTP service and its reply, within a total time and without a secret in any log or error."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from spine.core.deadline import Deadline
from spine.core.errors import ConfigError
from spine.core.masking import KnownSecrets
from spine.core.plain_text import one_line
from spine.core.secrets import Secret
from spine.http.wording import Wording

if TYPE_CHECKING:
    import httpx

MAX_REPLY_BYTES = 64 * 1024  # far more than the reply of a service that takes messages
_SHOWN_CHARACTERS = 200
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "Content-Type": "application/json", "User-Agent": "spine"}


@frozen
class Request:
    """A request with a JSON payload; `hidden` are further secrets, which a service might echo in its reply."""

    method: str
    url: Secret
    payload: Any = None
    headers: Mapping[str, Secret] = field(factory=dict)
    hidden: Collection[Secret] = ()


@frozen
class Reply:
    """The reply of a service; `text` has at most 64 KB, with every secret in it masked."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The text parsed as JSON, None if it is not JSON."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    @property
    def shown(self) -> str:
        """The beginning of the text in one line, for error texts."""
        return one_line(self.text).strip()[:_SHOWN_CHARACTERS]


def exchange(service: str, request: Request, deadline: Deadline) -> Reply:
    """Send `request` to `service`, its name in error texts, and return its reply whatever its status.

    The proxies of the environment are used, redirects are not followed. Raises NetworkError if there is no reply,
    TimeoutError if there is none in time, ConfigError without httpx.
    """
    try:
        from spine.http.machine import Machine
        from spine.http.proxies import proxy_of
        from spine.http.tls import usual_tls
        from spine.http.transport import Transport
    except ImportError as error:
        raise ConfigError(f"{service} needs httpx: pip install 'spine-core[http]'", cause=error) from error

    wording = _wording(service, deadline)
    asked = _asked(request, wording)
    try:
        tls = usual_tls()
    except OSError as error:
        raise ConfigError(f"{service} cannot be reached: SSL_CERT_FILE names no file of certificates") from error
    transport = Transport(
        Machine(),
        deadline,
        tls,
        wording,
        connect_timeout=deadline.remaining / 2,  # a name often has two addresses, and each is tried
        read_timeout=deadline.remaining,
        proxy=proxy_of(asked.url, service),
    )
    with transport, closing(transport.handle_request(asked)) as response:
        secrets = KnownSecrets(
            (each.reveal() for each in (request.url, *request.headers.values(), *request.hidden)), shortest=1
        )
        text = _beginning(response.iter_raw()).decode("utf-8", "replace")
        return Reply(response.status_code, dict(response.headers), secrets.mask(text))


def _asked(request: Request, wording: Wording) -> httpx.Request:
    import httpx

    headers = httpx.Headers(_HEADERS)
    content = None if request.payload is None else json.dumps(request.payload).encode()
    try:
        headers.update({name: value.reveal() for name, value in request.headers.items()})
        return httpx.Request(request.method, request.url.reveal(), headers=headers, content=content)
    except (httpx.InvalidURL, ValueError):  # not set as the cause: it shows the URL
        raise ConfigError(wording.fill(wording.unsendable, "")) from None


def _wording(service: str, deadline: Deadline) -> Wording:
    too_slow = f"{{peer}} did not answer within {deadline.seconds:g} seconds"
    return Wording(
        peer=service,
        deadline=too_slow,
        connect_timeout=too_slow,
        read_timeout=too_slow,
        untrusted="{peer} shows a certificate that is not to be trusted: {reason}; SSL_CERT_FILE names authorities of "
        "your own",
        broken="{peer} cannot be reached: {reason}",
        unsendable="{peer} has a URL or a header that cannot be sent: check url and headers",
    )


def _beginning(chunks: Iterable[bytes]) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) >= MAX_REPLY_BYTES:
            break
    return bytes(content[:MAX_REPLY_BYTES])
