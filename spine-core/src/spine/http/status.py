"""Statuses as typed errors, by tables of error texts that sources and channels define."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from spine.core.classification import parse_retry_after
from spine.core.errors import SpineError
from spine.core.http_status import StatusMeaning, meaning_of

# the error and its text for each meaning; REFUSED is that of every meaning without a row
Refusals = Mapping[StatusMeaning, tuple[Callable[..., SpineError], str]]


def status_error(
    status: int,
    headers: Mapping[str, str],
    refusals: Refusals,
    sentence: Callable[[str], str],
    *,
    now: datetime,
    longest_wait: float = float("inf"),
) -> SpineError:
    """Return the error of a status; its text is `sentence` of the text in its row of `refusals`.

    Where a retry can help, it has the Retry-After of the server, at most `longest_wait` seconds.
    """
    meaning = meaning_of(status)
    kind, text = refusals.get(meaning) or refusals[StatusMeaning.REFUSED]
    options: dict[str, Any] = {}
    if meaning.retryable:
        seconds = parse_retry_after(headers.get("retry-after", ""), now)
        options = {} if seconds is None else {"retry_after": min(seconds, longest_wait)}
    return kind(sentence(text), **options)
