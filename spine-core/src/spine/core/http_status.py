"""HTTP statuses by what a client can do about them (RFC 9110, section 15)."""

from __future__ import annotations

from enum import Enum


class StatusMeaning(Enum):
    """The meaning of a status; the value says whether the same request can succeed later."""

    DONE = ("done", False)
    REDIRECT = ("redirect", False)
    NOT_AUTHENTICATED = ("not authenticated", False)
    NOT_AUTHORIZED = ("not authorized", False)
    NOT_FOUND = ("not found", False)
    METHOD_NOT_ALLOWED = ("method not allowed", False)
    PROXY_NOT_AUTHENTICATED = ("proxy not authenticated", False)
    TIMED_OUT = ("timed out", True)
    GONE = ("gone", False)
    TOO_EARLY = ("too early", True)
    RATE_LIMITED = ("rate limited", True)
    REFUSED = ("refused", False)
    SERVER_FAULT = ("server fault", True)

    @property
    def retryable(self) -> bool:
        return self.value[1]

    @property
    def is_about_credentials(self) -> bool:
        return self in _CREDENTIALS


_CREDENTIALS = (
    StatusMeaning.NOT_AUTHENTICATED,
    StatusMeaning.NOT_AUTHORIZED,
    StatusMeaning.PROXY_NOT_AUTHENTICATED,
)
_MEANINGS = {
    401: StatusMeaning.NOT_AUTHENTICATED,
    403: StatusMeaning.NOT_AUTHORIZED,
    404: StatusMeaning.NOT_FOUND,
    405: StatusMeaning.METHOD_NOT_ALLOWED,
    407: StatusMeaning.PROXY_NOT_AUTHENTICATED,
    408: StatusMeaning.TIMED_OUT,
    410: StatusMeaning.GONE,
    425: StatusMeaning.TOO_EARLY,
    429: StatusMeaning.RATE_LIMITED,
}


def meaning_of(status: int) -> StatusMeaning:
    """Return the meaning of a status; for one without a meaning of its own, that of its class."""
    if status in _MEANINGS:
        return _MEANINGS[status]
    if 200 <= status <= 299:
        return StatusMeaning.DONE
    if 300 <= status <= 399:
        return StatusMeaning.REDIRECT
    return StatusMeaning.SERVER_FAULT if status >= 500 else StatusMeaning.REFUSED
