"""The error for the status of a response."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from http import HTTPStatus

import httpx

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
from spine.http.status import Refusals, status_error

NO_CONTENT = (204, 205)
NOT_MODIFIED = 304
_COMPLETE = range(200, 206)

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
    StatusMeaning.RATE_LIMITED: (
        partial(RateLimitError, retry_after=None),
        ": ask less often, with requests_per_second",
    ),
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
    if status in _COMPLETE or status == NOT_MODIFIED:
        return None
    said = f"{label} answered {status}{_phrase(status)}"
    return status_error(status, headers, _CROSSED if crossed else _REFUSALS, lambda text: said + text, now=now)


def _phrase(status: int) -> str:
    known = {known.value: f" ({known.phrase})" for known in HTTPStatus}
    return known.get(status, "")
