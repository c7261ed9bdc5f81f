"""Error of a delivery that an HTTP service refused."""

from __future__ import annotations

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
from spine.core.http_status import StatusMeaning, meaning_of
from spine.framework.alerts.backoff import LONGEST_PAUSE_SECONDS
from spine.http.exchange import Reply
from spine.http.status import Refusals, status_error

_REFUSALS: Refusals = {
    StatusMeaning.REDIRECT: (ConfigError, "answers with a redirect, which is not followed: set the URL it leads to"),
    StatusMeaning.NOT_AUTHENTICATED: (
        AuthenticationError,
        "does not take the credentials: check them in the channel's settings",
    ),
    StatusMeaning.NOT_AUTHORIZED: (AuthorizationError, "does not permit this: check the rights of the credentials"),
    StatusMeaning.NOT_FOUND: (ConfigError, "has nothing at this URL: check it in the channel's settings"),
    StatusMeaning.METHOD_NOT_ALLOWED: (ConfigError, "takes no alerts at this URL: check it in the channel's settings"),
    StatusMeaning.PROXY_NOT_AUTHENTICATED: (
        AuthenticationError,
        "is behind a proxy that requires credentials: check HTTPS_PROXY",
    ),
    StatusMeaning.TIMED_OUT: (TransientError, "timed out waiting for the request"),
    StatusMeaning.GONE: (ConfigError, "has nothing at this URL any more: check it in the channel's settings"),
    StatusMeaning.TOO_EARLY: (TransientError, "asks to retry later"),
    StatusMeaning.RATE_LIMITED: (RateLimitError, "asks for fewer messages"),
    StatusMeaning.SERVER_FAULT: (TransientError, "reports a server error"),
    StatusMeaning.REFUSED: (ValidationError, "refuses the message"),
}


def rate_limit(text: str, reply: Reply) -> RateLimitError:
    """Return the error of a reply that says by its body that the rate is limited; with its Retry-After, if any."""
    seconds = parse_retry_after(reply.headers.get("retry-after", ""), utc_now())
    return (
        RateLimitError(text)
        if seconds is None
        else RateLimitError(text, retry_after=min(seconds, LONGEST_PAUSE_SECONDS))
    )


def refusal(service: str, reply: Reply) -> SpineError | None:
    """Return the error for the status of `reply`, None for a success."""
    if meaning_of(reply.status) is StatusMeaning.DONE:
        return None
    said = f": {reply.shown}" if reply.shown and not reply.shown.startswith("<") else ""  # not a page of HTML
    return status_error(
        reply.status,
        reply.headers,
        _REFUSALS,
        lambda text: f"{service} {text} (status {reply.status}{said})",
        now=utc_now(),
        longest_wait=LONGEST_PAUSE_SECONDS,
    )
