"""Conditional requests (RFC 9110, section 13): stored validators of a response, and when they may be used."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import httpx

from spine.core.clock import utc_now
from spine.core.scope import current_scope
from spine.framework.sources.cache import CachedResponse, MemorySourceCache, SourceCache
from spine.framework.sources.fetches import FetchStore, MemoryFetchStore
from spine.framework.work import current_work


def last_response(source_name: str, key: str, locator: str) -> CachedResponse | None:
    """Return the stored response for a conditional request, None where all of the data is needed.

    It has to be the response of the last fetch that counts: a run that failed afterwards did not use its response.
    """
    work = current_work()
    cached = _cache().get(key)
    if cached is None or (work is not None and work.refresh):
        return None
    fetches = current_scope().get(FetchStore, MemoryFetchStore)  # type: ignore[type-abstract]  # a key, never called
    last = fetches.last_success(source_name, locator, work)
    return cached if last is not None and last.content_hash == cached.content_hash else None


def remember_response(source_name: str, key: str, locator: str, digest: str, headers: httpx.Headers) -> None:
    """Store the validators of a response, if it has any."""
    etag, modified = headers.get("etag"), headers.get("last-modified")
    if not any(text and text.isascii() for text in (etag, modified)):
        return
    _cache().put(
        CachedResponse(
            cache_key=key,
            source_name=source_name,
            source_locator=locator,
            content_hash=digest,
            etag=etag,
            last_modified=modified,
            fetched_at=utc_now(),
        )
    )


def validators(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """Return the headers of a conditional request with these validators."""
    asked = {"if-none-match": etag, "if-modified-since": last_modified}
    return {name: text for name, text in asked.items() if text and text.isascii() and text.isprintable()}


def as_iso(date: str | None) -> str | None:
    """Return the date of a Last-Modified header as an ISO time in UTC, None if it cannot be read."""
    try:
        moment = parsedate_to_datetime(date) if date else None
        return None if moment is None else _in_utc(moment).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def as_http_date(moment: str | datetime | None) -> str | None:
    """Return an ISO time as the date of a header, None if it is none."""
    try:
        parsed = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return None if parsed is None else format_datetime(_in_utc(parsed), usegmt=True)
    except (ValueError, OverflowError):
        return None


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _cache() -> SourceCache:
    return current_scope().get(SourceCache, MemorySourceCache)  # type: ignore[type-abstract]  # a key, never called
