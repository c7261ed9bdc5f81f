"""Validators of responses in SQL."""

from __future__ import annotations

from attrs import asdict
from sqlalchemy import insert, select, update

from spine.core.errors import IntegrityError
from spine.db.adapter import DatabaseAdapter
from spine.framework.sources.cache import CachedResponse
from spine.storage.tables.sources import source_cache


class SqlSourceCache:
    """A SourceCache over `core_source_cache`; a response is written at once, independent of its run's outcome."""

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter

    def get(self, cache_key: str) -> CachedResponse | None:
        query = select(source_cache).where(source_cache.c.cache_key == cache_key)
        with self._adapter.reader.connect() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return CachedResponse(**row) if row else None

    def put(self, response: CachedResponse) -> None:
        if self._update(response):
            return
        try:
            with self._adapter.engine.begin() as connection:
                connection.execute(insert(source_cache).values(asdict(response)))
        except IntegrityError:  # another process wrote the same key between the two statements
            self._update(response)

    def _update(self, response: CachedResponse) -> bool:
        row = asdict(response)
        known = update(source_cache).where(source_cache.c.cache_key == row.pop("cache_key"))
        with self._adapter.engine.begin() as connection:
            return bool(connection.execute(known.values(row)).rowcount)
