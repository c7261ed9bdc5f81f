"""Base of channels that deliver over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from spine.core.deadline import Deadline
from spine.core.errors import InvalidConfigError, SpineError
from spine.core.names import plain
from spine.core.secrets import Secret, as_secret
from spine.framework.alerts.channel import BaseChannel, ChannelType, DeliveryResult
from spine.framework.alerts.http_refusal import refusal
from spine.http.exchange import Reply, Request, exchange
from spine.http.headers import HEADER_NAME, HEADER_VALUE, basic_auth

_SECRET_CHARACTERS = 12


class HttpChannel(BaseChannel):
    """Channel that sends JSON; the URL and the value of every header are secrets.

    Credentials in the URL (`https://user:password@host`) are sent as basic authentication.

    `optional_modules`: by module, the requirement that installs it; `spine plugins check` looks for them.
    """

    optional_modules: ClassVar[Mapping[str, str]] = {"httpx": "spine-core[http]", "httpcore": "spine-core[http]"}

    def __init__(
        self,
        name: str,
        channel_type: ChannelType | str,
        url: str | Secret,
        *,
        url_option: str = "url",
        headers: Mapping[str, str | Secret] | None = None,
        hidden: tuple[Secret, ...] = (),
        **options: Any,
    ) -> None:
        super().__init__(name, channel_type, **options)
        self._url, credentials = _take_apart(as_secret(url), url_option)
        self._headers = credentials | {key: _header(key, value) for key, value in (headers or {}).items()}
        self._hidden = (self._url, *_parts_of(self._url), *hidden)

    @property
    def target(self) -> str:
        """Host of the URL, with a port that is not the usual one: the rest of it may be a secret."""
        return urlsplit(self._url.reveal()).netloc

    @property
    def service(self) -> str:
        """Name of the receiver in messages: the channel and its host."""
        return f"the {plain(self.channel_type)} service of alert channel {self.name!r} at {self.target}"

    def attempt(self, deliver: Callable[[Deadline], DeliveryResult]) -> DeliveryResult:
        """Return the result of `deliver`, called with the total deadline; a failed result if it raises."""
        try:
            return deliver(Deadline(self.deadline_seconds))
        except SpineError as error:
            return DeliveryResult.fail(self.name, error)

    def request(self, deadline: Deadline, method: str, path: str = "", payload: Any = None) -> Reply:
        """Send JSON to the channel's URL followed by `path` and return the reply, of any status."""
        url = Secret(self._url.reveal() + path)
        return exchange(self.service, Request(method, url, payload, self._headers, self._hidden), deadline)

    def check(self, reply: Reply) -> Reply:
        """Return `reply`; raise the error for its status unless that is a success."""
        error = refusal(self.service, reply)
        if error is not None:
            raise error
        return reply


def _take_apart(url: Secret, option: str) -> tuple[Secret, dict[str, Secret]]:
    try:
        parts = urlsplit(url.reveal())
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:  # invalid brackets or port
        usable = False
    if not usable or re.search(r"[\x00-\x20\x7f]", url.reveal()):
        raise InvalidConfigError(
            option, url, f"{option} is not a URL: write https://, the name of a host, and a path; it is not shown here"
        )
    host = parts.netloc.rpartition("@")[2]
    bare = Secret(urlunsplit((parts.scheme, host, parts.path, parts.query, "")))
    if parts.username is None:
        return bare, {}
    return bare, {"Authorization": Secret(basic_auth(unquote(parts.username), unquote(parts.password or "")))}


def _header(name: str, value: str | Secret) -> Secret:
    kept = as_secret(value)
    if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(kept.reveal()):
        raise InvalidConfigError(
            "headers", kept, f"header {name!r} cannot be sent: a name is one word, a value one line of ASCII"
        )
    return kept


def _parts_of(url: Secret) -> list[Secret]:
    """Return the parts of a URL that are long enough to be a secret, since a service may repeat them alone."""
    parts = urlsplit(url.reveal())
    path = parts.path.strip("/")
    found = [path, *path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    return [Secret(part) for part in found if len(part) >= _SECRET_CHARACTERS]
