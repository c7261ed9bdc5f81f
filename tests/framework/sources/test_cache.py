"""Stored validators of responses."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import evolve

from spine.framework.sources import CachedResponse, MemorySourceCache

RESPONSE = CachedResponse("k", "api", "http://h/x", "0" * 64, '"v1"', None, datetime(2025, 12, 15, tzinfo=UTC))


def test_the_newest_response_of_a_key_counts():
    cache = MemorySourceCache()
    assert cache.get("k") is None
    cache.put(RESPONSE)
    newer = evolve(RESPONSE, etag='"v2"')
    cache.put(newer)
    assert (cache.get("k"), cache.get("other")) == (newer, None)
