"""Cache of response validators, for conditional requests."""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from typing import Protocol

from attrs import frozen


@frozen
class CachedResponse:
    """Validators of one response (RFC 9110, section 8.8), with the hash of the content that they describe.

    `cache_key` is at most 64 characters long. A row of `core_source_cache`.
    """

    cache_key: str
    source_name: str
    source_locator: str | None
    content_hash: str | None
    etag: str | None
    last_modified: str | None
    fetched_at: datetime
    expires_at: datetime | None = None


class SourceCache(Protocol):
    """Store of response validators, the newest of each key."""

    def get(self, cache_key: str) -> CachedResponse | None:
        """Return the newest response of that key, None if there is none."""
        ...

    def put(self, response: CachedResponse) -> None:
        """Keep a response in the place of the one with its key."""
        ...


class MemorySourceCache:
    """Store of response validators in memory."""

    def __init__(self) -> None:
        self._responses: dict[str, CachedResponse] = {}
        self._lock = Lock()

    def get(self, cache_key: str) -> CachedResponse | None:
        with self._lock:
            return self._responses.get(cache_key)

    def put(self, response: CachedResponse) -> None:
        with self._lock:
            self._responses[response.cache_key] = response
