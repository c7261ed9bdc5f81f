"""What an HTTP status says about a delivery, as a typed error."""

from __future__ import annotations

from typing import Any

from spine.core.classification import parse_retry_after
from spine.core.clock import utc_now
from spine.core.errors import (
    AuthenticationError,
    AuthorizationError,
    ConfigError,
    RateLimitError,
    SpineError,
    TransientError,
    ValidationError,
)
from spine.http.exchange import Reply

MAX_RETRY_AFTER_SECONDS = 3600.0

# RFC 9110, section 15.5, read by who has to act
_REFUSALS: dict[int, tuple[type[SpineError], str]] = {
    401: (AuthenticationError, "does not take the credentials: check them in the channel's settings"),
    403: (AuthorizationError, "does not permit this: check the rights of the credentials"),
    404: (ConfigError, "has nothing at this URL: check it in the channel's settings"),
    405: (ConfigError, "takes no alerts at this URL: check it in the channel's settings"),
    407: (AuthenticationError, "is behind a proxy that wants credentials: check HTTPS_PROXY"),
    408: (TransientError, "gave up waiting for the request"),
    410: (ConfigError, "has nothing at this URL any more: check it in the channel's settings"),
    425: (TransientError, "wants the request again later"),
}


def refusal(service: str, reply: Reply) -> SpineError | None:
    """Return the error that the status of `reply` stands for, None for one that says done."""
    status = reply.status
    if 200 <= status <= 299:
        return None
    if status == 429:
        return RateLimitError(_sentence(service, reply, "asks for fewer messages"), **_wait(reply))
    if 300 <= status <= 399:
        return ConfigError(
            _sentence(service, reply, "answers with a redirect, which is not followed: set the URL it leads to")
        )
    if status >= 500:
        return TransientError(_sentence(service, reply, "has a fault"), **_wait(reply))
    kind, what = _REFUSALS.get(status, (ValidationError, "refuses the message"))
    return kind(_sentence(service, reply, what))


def _sentence(service: str, reply: Reply, what: str) -> str:
    said = f": {reply.shown}" if reply.shown and not reply.shown.startswith("<") else ""  # not a page of HTML
    return f"{service} {what} (status {reply.status}{said})"


def _wait(reply: Reply) -> dict[str, Any]:
    seconds = parse_retry_after(reply.headers.get("retry-after", ""), utc_now())
    return {} if seconds is None else {"retry_after": min(seconds, MAX_RETRY_AFTER_SECONDS)}
