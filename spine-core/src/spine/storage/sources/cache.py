"""Validators of responses in SQL."""

from __future__ import annotations

from attrs import asdict, fields_dict
from sqlalchemy import insert, select, update

from spine.core.errors import IntegrityError
from spine.framework.sources.cache import CachedResponse
from spine.storage.history import History
from spine.storage.retry import persistently
from spine.storage.tables.sources import source_cache

_FIELDS = tuple(fields_dict(CachedResponse))


class SqlSourceCache:
    """A SourceCache over `core_source_cache`; a response is written at once, independent of its run's outcome."""

    def __init__(self, history: History) -> None:
        self._history = history

    def get(self, cache_key: str) -> CachedResponse | None:
        query = select(source_cache).where(self._history.own(source_cache), source_cache.c.cache_key == cache_key)
        row = self._history.read(lambda connection: connection.execute(query).mappings().one_or_none())
        return CachedResponse(**{field: row[field] for field in _FIELDS}) if row else None

    def put(self, response: CachedResponse) -> None:
        persistently(lambda _is_retry: self._put(response))

    def _put(self, response: CachedResponse) -> None:
        if self._update(response):
            return
        try:
            with self._history.engine.begin() as connection:
                connection.execute(insert(source_cache).values(**asdict(response), project=self._history.project))
        except IntegrityError:  # another process wrote the same key between the two statements
            self._update(response)

    def _update(self, response: CachedResponse) -> bool:
        row = asdict(response)
        same = source_cache.c.cache_key == row.pop("cache_key")
        known = update(source_cache).where(self._history.own(source_cache), same)
        with self._history.engine.begin() as connection:
            return bool(connection.execute(known.values(row)).rowcount)
