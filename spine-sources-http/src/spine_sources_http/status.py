"""What the status of a response means (RFC 9110, section 15)."""

from __future__ import annotations

from datetime import datetime
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

NO_CONTENT = (204, 205)
NOT_MODIFIED = 304
_COMPLETE = range(200, 206)


def status_error(status: int, headers: httpx.Headers, label: str, now: datetime, *, crossed: bool) -> SpineError | None:
    """Return the error that a status means, None for a complete answer; `crossed` says that credentials were held back.

    Redirects that are followed do not come here.
    """
    if status in _COMPLETE or status == NOT_MODIFIED:
        return None
    wait = headers.get("retry-after")
    retry_after = parse_retry_after(wait, now) if wait else None
    said = f"{label} answered {status}{_phrase(status)}"
    if status in (404, 410):
        return SourceNotFoundError(f"{said}: there is nothing at this URL; check url and the parameters")
    if status == 401:
        return AuthenticationError(f"{said}: {_credentials_hint(crossed)}")
    if status == 403:
        return AuthorizationError(f"{said}: these credentials may not read this; ask for the right to")
    if status == 408:
        return TimeoutError(said, retry_after=retry_after)
    if status == 429:
        return RateLimitError(f"{said}: ask less often, with requests_per_second", retry_after=retry_after)
    if status == 425 or status >= 500:
        return SourceUnavailableError(said, retry_after=retry_after)
    return SourceError(f"{said}: check the request against the documentation of the server")


def _phrase(status: int) -> str:
    known = {known.value: f" ({known.phrase})" for known in HTTPStatus}
    return known.get(status, "")


def _credentials_hint(crossed: bool) -> str:
    if crossed:
        return "the redirect there carries no credentials; set url to the final address"
    return "the credentials are missing or wrong; check auth"
