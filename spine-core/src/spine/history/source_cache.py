"""Validators of responses in SQL."""

from __future__ import annotations

from attrs import asdict
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from spine.core.adapters.database import DatabaseAdapter
from spine.framework.sources.cache import CachedResponse
from spine.history.tables import source_cache


class SqlSourceCache:
    """A SourceCache over `core_source_cache`; a response is written at once, whatever becomes of its run."""

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter

    def get(self, cache_key: str) -> CachedResponse | None:
        query = select(source_cache).where(source_cache.c.cache_key == cache_key)
        with self._adapter.reader.connect() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return CachedResponse(**row) if row else None

    def put(self, response: CachedResponse) -> None:
        try:
            self._replace(response)
        except IntegrityError:  # another process wrote the same key between the two statements
            self._replace(response)

    def _replace(self, response: CachedResponse) -> None:
        with self._adapter.engine.begin() as connection:
            connection.execute(delete(source_cache).where(source_cache.c.cache_key == response.cache_key))
            connection.execute(insert(source_cache).values(asdict(response)))
