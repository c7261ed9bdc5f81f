"""The requests of one fetch, with credentials, redirects, retries and limits."""

from __future__ import annotations

import hashlib
import json
import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any, BinaryIO, Self
from urllib.parse import urlencode

import httpx
from attrs import frozen

from spine.core.deadline import Deadline
from spine.core.errors import (
    AuthenticationError,
    NetworkError,
    SourceError,
    SpineError,
    TimeoutError,  # noqa: A004 -- Spine's own
)
from spine.core.masking import KnownSecrets
from spine.core.plain_text import counted
from spine.core.secrets import Secret
from spine.formats.jsontext import parse_json
from spine.framework.progress import note_data
from spine.http.machine import Machine
from spine.http.transport import Transport
from spine.http.urls import origin, shown_url
from spine.http.wording import Wording
from spine_sources_http.auth import Auth
from spine_sources_http.budget import RunBudget
from spine_sources_http.config import HttpSourceConfig
from spine_sources_http.cookies import CookieJar
from spine_sources_http.decoding import ACCEPTED, decoded
from spine_sources_http.links import header_text
from spine_sources_http.oauth import AccessToken
from spine_sources_http.ratelimit import seconds_to_wait
from spine_sources_http.redirects import MAX_REDIRECTS, Border, Hop
from spine_sources_http.request import Request
from spine_sources_http.status import NO_CONTENT, NOT_MODIFIED, refusal

logger = logging.getLogger("spine.sources.http")

_NEUTRAL = ("accept", "accept-language", "user-agent")  # configured headers that every host may receive
_LARGEST_TOKEN = 1 << 20
_NOTHING = hashlib.sha256().hexdigest()

IsEnd = Callable[[int, httpx.Headers], bool]

_WORDING = Wording(
    deadline="{peer} did not deliver everything within {seconds} seconds; if that is normal, raise total_timeout",
    connect_timeout="{peer} did not answer a connection for {seconds} seconds",
    read_timeout="{peer} sent and accepted no data for {seconds} seconds",
    untrusted="the certificate of {peer} is not trusted: {reason}; give its authority as ca_file",
    broken="the connection to {peer} failed: {reason}",
    unsendable="{peer} has a URL or a header that cannot be sent: check url and headers",
)


class DeadlineError(TimeoutError):
    """Wait of the rate limit that exceeds the total timeout; it is not retried."""


@frozen
class Answer:
    """A complete response: `digest` is the SHA-256 of its content, `size` the number of bytes of it.

    `has_content` is false where the status says that there is nothing to read.
    """

    status: int
    url: httpx.URL
    headers: httpx.Headers
    digest: str
    size: int
    has_content: bool = True


def _no_end(status: int, headers: httpx.Headers) -> bool:
    return False


class Exchange:
    """The requests of one fetch; `retries` counts those that were repeated. It is a context manager."""

    def __init__(
        self,
        options: HttpSourceConfig,
        border: Border,
        secrets: KnownSecrets,
        token: AccessToken | None,
        machine: Machine,
        tls: ssl.SSLContext,
        budget: RunBudget | None = None,
    ) -> None:
        self.retries = 0
        self._budget = budget
        self._cookies = CookieJar()
        self._options = options
        self._border = border
        self._secrets = secrets
        self._token = token
        self._machine = machine
        self._deadline = Deadline(options.total_timeout, machine)
        self._transport = Transport(
            machine,
            self._deadline,
            tls,
            _WORDING,
            connect_timeout=options.connect_timeout,
            read_timeout=options.read_timeout,
            block_private=options.block_private,
            site=_host(border.site),
            own=[_host(httpx.URL(options.auth.token_url))] if options.auth and options.auth.token_url else (),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def restart(self) -> None:
        """Restart the total deadline for what follows."""
        self._deadline.restart()

    def receive(
        self,
        request: Request,
        sink: BinaryIO,
        validators: Mapping[str, str] | None = None,
        is_end: IsEnd = _no_end,
    ) -> Answer:
        """Write the content of the response into `sink` and return the rest of it; retry retryable errors.

        `validators` are the headers of a conditional request, whose answer may have the status 304; `is_end` says
        which statuses, otherwise errors, mean that there is nothing more.
        """
        body = None if request.json is None else json.dumps(request.json, ensure_ascii=False).encode()
        refused: list[Secret] = []

        def once() -> Answer:
            hop = self._border.enter(request.method, request.url, body, request.shown)
            sink.seek(0)
            sink.truncate()
            token = self._access_token()
            try:
                return self._follow(hop, request, token, validators or {}, sink, is_end)
            except AuthenticationError:
                if token is None or self._token is None or refused:
                    raise
                refused.append(token)
                self._token.refuse(token)
                return once()

        return self._repeated(once)

    def _repeated(self, once: Callable[[], Answer]) -> Answer:
        attempt = 1
        begin = self._machine.monotonic()
        while True:
            try:
                return once()
            except DeadlineError:
                raise
            except SpineError as error:
                if self._budget is not None:
                    self._budget.spend(error)
                polled = self._machine.monotonic() - begin
                wait = self._options.retry_rule.wait(error, attempt, self._machine, self._deadline, polled)
                if wait is None:
                    raise self._counted(error, attempt) from error.cause
                said = self._secrets.mask(str(error))
            logger.info("%s; attempt %d follows in %.1f s", said, attempt + 1, wait)
            self._machine.sleep(wait)
            attempt += 1
            self.retries += 1

    def _follow(
        self,
        hop: Hop,
        request: Request,
        token: Secret | None,
        validators: Mapping[str, str],
        sink: BinaryIO,
        is_end: IsEnd,
    ) -> Answer:
        label = request.shown
        for _ in range(MAX_REDIRECTS + 1):
            sent = self._request(hop, request, token, validators)
            with self._sent(sent, label) as response:
                self._cookies.take(hop, response)
                following = self._border.follow(
                    hop, response.status_code, header_text(response.headers, "location"), label
                )
                if following is None and is_end(response.status_code, response.headers):
                    return Answer(response.status_code, hop.url, response.headers, _NOTHING, 0, has_content=False)
                if following is None:
                    return self._taken(response, hop, label, sink, conditional=bool(validators))
            hop = following
            label = f"{request.shown}, redirected to {shown_url(hop.url)},"
        raise SourceError(f"{request.shown}: more than {MAX_REDIRECTS} redirects; set url to the final address")

    def _request(
        self, hop: Hop, request: Request, token: Secret | None, validators: Mapping[str, str]
    ) -> httpx.Request:
        headers = httpx.Headers({"accept": "*/*", "user-agent": "spine"})
        headers.update({name: value for name, value in request.headers.items() if name.lower() in _NEUTRAL})
        headers.update(validators)
        url = hop.url
        if hop.trusted:
            headers.update(request.headers)
            auth = self._options.auth
            headers.update({} if auth is None else auth.headers())
            if token is not None:
                headers["authorization"] = f"Bearer {token.reveal()}"
            url = _with_key(url, auth)
        headers["accept-encoding"] = ACCEPTED
        if hop.body is not None and "content-type" not in headers:
            headers["content-type"] = "application/json"
        sent = httpx.Request(hop.method, url, headers=headers, content=hop.body)
        self._cookies.add(hop, sent)
        return sent

    @contextmanager
    def _sent(self, sent: httpx.Request, label: str) -> Iterator[httpx.Response]:
        self._pause(sent.url.host)
        begin = self._machine.monotonic()
        try:
            response = self._transport.handle_request(sent)
        except SpineError as error:
            _place(error, label)
            raise
        taken = self._machine.monotonic() - begin
        logger.debug("%s %s: %d in %.3f s", sent.method, self._secrets.mask(label), response.status_code, taken)
        try:
            yield response
        except SpineError as error:
            _place(error, label)
            error.with_context(http_status=response.status_code)
            raise
        finally:
            response.close()

    def _counted(self, error: SpineError, attempts: int) -> SpineError:
        """Return an error that another attempt may not have, with the source and the number of attempts."""
        if error.retryable:
            _say(error, f"{error.message} (source {self._options.name!r}, {counted(attempts, 'attempt')})")
        return error

    def _pause(self, host: str) -> None:
        wait = seconds_to_wait(host, self._options.requests_per_second, self._options.burst, self._machine)
        if wait >= self._deadline.left():
            raise DeadlineError(self._transport.out_of_time(host))
        if wait:
            self._machine.sleep(wait)

    def _taken(self, response: httpx.Response, hop: Hop, label: str, sink: BinaryIO, *, conditional: bool) -> Answer:
        status, headers = response.status_code, response.headers
        error = refusal(status, headers, label, self._machine.now(), crossed=not hop.trusted)
        if error is not None:
            raise error
        if status == NOT_MODIFIED and not conditional:
            raise SourceError(f"{label} answered 304 (Not Modified) to an unconditional request")
        digest, size = hashlib.sha256(), 0
        has_content = status not in (*NO_CONTENT, NOT_MODIFIED)
        if has_content:
            limits = {"max_bytes": self._options.max_bytes, "max_ratio": self._options.max_ratio}
            coding = headers.get("content-encoding", "")
            for piece in decoded(response.stream, coding, label, **limits):  # type: ignore[arg-type]  # a sync stream
                digest.update(piece)
                size += len(piece)
                sink.write(piece)
                note_data("fetched", size=len(piece))
        return Answer(status, hop.url, headers, digest.hexdigest(), size, has_content)

    def _access_token(self) -> Secret | None:
        if self._token is None:
            return None
        token = self._token.get(self._ask_for_token)
        self._secrets.add(token.reveal())
        return token

    def _ask_for_token(self, form: dict[str, str], headers: dict[str, str]) -> Any:
        assert self._options.auth is not None
        url = httpx.URL(str(self._options.auth.token_url))
        label = f"the token URL {origin(url)}{url.path}"
        content = urlencode(form).encode()
        headers = headers | {
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
            "accept-encoding": ACCEPTED,
        }
        sink = BytesIO()
        with self._sent(httpx.Request("POST", url, headers=headers, content=content), label) as response:
            status = response.status_code
            if status in (400, 401, 403):  # RFC 6749, section 5.2
                raise AuthenticationError(
                    f"{label} answered {status}: the client was refused; check client_id and client_secret"
                )
            if response.is_redirect:
                raise SourceError(f"{label} answered {status}, a redirect, and a secret is sent to one address only")
            error = refusal(status, response.headers, label, self._machine.now(), crossed=False)
            if error is not None:
                raise error
            coding = response.headers.get("content-encoding", "")
            for piece in decoded(response.stream, coding, label, max_bytes=_LARGEST_TOKEN, max_ratio=1000):  # type: ignore[arg-type]
                sink.write(piece)
        return parse_json(sink.getvalue(), label)


def _place(error: SpineError, label: str) -> None:
    """Complete an error of a connection, which names the host alone, with the URL."""
    error.with_context(url=label)
    if isinstance(error, (NetworkError, TimeoutError)) and label not in error.message:
        _say(error, f"{label}: {error.message}")


def _say(error: SpineError, message: str) -> None:
    error.message = message
    error.args = (message, *error.args[1:])


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii")


def _with_key(url: httpx.URL, auth: Auth | None) -> httpx.URL:
    pair = auth.query_pair() if auth else None
    if pair is None:
        return url
    if pair[0] in url.params:
        return url.copy_set_param(*pair)
    query = "&".join(filter(None, (url.query.decode(), urlencode([pair]))))  # the rest stays as it is written
    return url.copy_with(query=query.encode())
