"""Validators of responses in SQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from spine.core.adapters.database import DatabaseAdapter
from spine.framework.sources import CachedResponse
from spine.storage.history import History
from spine.storage.sources.cache import SqlSourceCache

NOW = datetime(2025, 12, 15, 6, 30, tzinfo=UTC)
RESPONSE = CachedResponse("0" * 64, "api", "http://h/x", "1" * 64, 'W/"caf\xe9"', "Mon, 15 Dec 2025 06:30:00 GMT", NOW)


@pytest.fixture
def cache(adapter: DatabaseAdapter) -> SqlSourceCache:
    return SqlSourceCache(History(adapter))


def test_a_response_comes_back_as_it_was(cache: SqlSourceCache) -> None:
    given = evolve(RESPONSE, expires_at=NOW + timedelta(days=1))
    cache.put(given)
    assert cache.get(RESPONSE.cache_key) == given
    assert cache.get("other") is None


def test_the_newest_response_of_a_key_counts(cache: SqlSourceCache, adapter: DatabaseAdapter) -> None:
    for etag in ('"v1"', '"v2"'):
        cache.put(evolve(RESPONSE, etag=etag))
    found = cache.get(RESPONSE.cache_key)
    assert found is not None
    assert found.etag == '"v2"'
    assert len(adapter.query("SELECT cache_key FROM core_source_cache")) == 1


def test_threads_may_write_the_same_key_at_once(cache: SqlSourceCache) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(cache.put, [evolve(RESPONSE, etag=f'"v{number}"') for number in range(40)]))
    assert cache.get(RESPONSE.cache_key) is not None
