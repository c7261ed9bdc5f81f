"""Rate limits that a refusal tells in its headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from spine.core.classification import parse_retry_after

_FORBIDDEN, _TOO_MANY = 403, 429
_RESETS = ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
_REMAINS = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining")
_EPOCH = 1e9  # seconds; a smaller number counts from now
_MILLISECONDS = 1e11
# draft-ietf-httpapi-ratelimit-headers: `"default";r=0;t=30`, in older drafts `limit=100, remaining=0, reset=30`
_REMAINING = re.compile(r"\b(?:r|remaining)\s*=\s*(\d+)")
_RESET = re.compile(r"\b(?:t|reset)\s*=\s*(\d+)")
_ZERO = re.compile(r"0+(?:\.0*)?")
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?")


@frozen
class RateLimit:
    """A rate limit that was met; the next request is accepted after `seconds`, None if that is not told."""

    seconds: float | None


def rate_limit(status: int, headers: Mapping[str, str], now: datetime) -> RateLimit | None:
    """Return the rate limit that a response is about, None if it is about something else.

    429 always is; 403 is with Retry-After, or with headers of a rate limit that do not say that something remains.
    """
    if status not in (_FORBIDDEN, _TOO_MANY):
        return None
    wait = parse_retry_after(headers.get("retry-after", ""), now)
    draft = headers.get("ratelimit", "")
    if wait is None:
        wait = _first(headers, _RESETS, now)
    if wait is None and (found := _RESET.search(draft)):
        wait = float(found[1])
    if status == _TOO_MANY:
        return RateLimit(wait)
    if "retry-after" in headers:
        return RateLimit(wait)
    remaining = next((headers[name].strip() for name in _REMAINS if name in headers), None)
    if remaining is None and (found := _REMAINING.search(draft)):
        remaining = found[1]
    if remaining is None:
        return None if wait is None else RateLimit(wait)
    return RateLimit(wait) if _ZERO.fullmatch(remaining) else None


def _first(headers: Mapping[str, str], names: tuple[str, ...], now: datetime) -> float | None:
    for name in names:
        text = headers.get(name, "").strip()
        if _NUMBER.fullmatch(text):
            return _seconds(float(text), now)
        if text and (moment := parse_retry_after(text, now)) is not None:
            return moment
    return None


def _seconds(number: float, now: datetime) -> float:
    """Return the seconds from now on; services send them, or a time since 1970 in seconds or milliseconds."""
    if number >= _MILLISECONDS:
        number /= 1000
    return max(0.0, number - now.timestamp()) if number >= _EPOCH else number
