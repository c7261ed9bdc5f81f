"""The error for the status of a response."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from http import HTTPStatus

import httpx

from spine.core.classification import parse_retry_after
from spine.core.errors import (
    AuthenticationError,
    AuthorizationError,
    RateLimitError,
    SourceError,
    SourceNotFoundError,
    SourceUnavailableError,
    SpineError,
    TimeoutError,  # noqa: A004 -- Spine's own
)
from spine.core.http_status import StatusMeaning
from spine.http.ratelimit import rate_limit
from spine.http.status import Refusals, status_error
from spine_sources_http.retry import NotReadyError

NO_CONTENT = (204, 205)
NOT_MODIFIED = 304
_COMPLETE = range(200, 206)

_ACCEPTED = 202
_TOO_OFTEN = ": ask less often, with requests_per_second"
_MISSING = (SourceNotFoundError, ": there is nothing at this URL; check url and the parameters")
_REFUSALS: Refusals = {
    StatusMeaning.NOT_FOUND: _MISSING,
    StatusMeaning.GONE: _MISSING,
    StatusMeaning.NOT_AUTHENTICATED: (AuthenticationError, ": the credentials are missing or wrong; check auth"),
    StatusMeaning.NOT_AUTHORIZED: (
        AuthorizationError,
        ": these credentials have no permission to read this; request it",
    ),
    StatusMeaning.TIMED_OUT: (TimeoutError, ""),
    # without Retry-After the source's own delay counts, not the error's usual minute
    StatusMeaning.RATE_LIMITED: (partial(RateLimitError, retry_after=None), _TOO_OFTEN),
    StatusMeaning.TOO_EARLY: (SourceUnavailableError, ""),
    StatusMeaning.SERVER_FAULT: (SourceUnavailableError, ""),
    StatusMeaning.REFUSED: (SourceError, ": check the request against the documentation of the server"),
}
_CROSSED: Refusals = {
    **_REFUSALS,
    StatusMeaning.NOT_AUTHENTICATED: (
        AuthenticationError,
        ": the redirect there carries no credentials; set url to the final address",
    ),
}


def refusal(status: int, headers: httpx.Headers, label: str, now: datetime, *, crossed: bool) -> SpineError | None:
    """Return the error that a status means, None for a complete answer; `crossed` says that credentials were held back.

    Redirects that are followed do not come here.
    """
    said = f"{label} answered {status}{_phrase(status)}"
    if status == _ACCEPTED:
        wait = parse_retry_after(headers.get("retry-after", ""), now)
        return NotReadyError(
            f"{said}: the server has no data yet; give it more time with poll_timeout", retry_after=wait
        )
    if status in _COMPLETE or status == NOT_MODIFIED:
        return None
    limit = rate_limit(status, headers, now)
    if limit is not None:
        return RateLimitError(said + _TOO_OFTEN, retry_after=limit.seconds)
    return status_error(status, headers, _CROSSED if crossed else _REFUSALS, lambda text: said + text, now=now)


def _phrase(status: int) -> str:
    known = {known.value: f" ({known.phrase})" for known in HTTPStatus}
    return known.get(status, "")
