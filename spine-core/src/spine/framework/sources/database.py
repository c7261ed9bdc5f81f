"""Source of the rows of a database query."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, Literal

from attrs import field, frozen

from spine.core.configured import configured_by
from spine.core.errors import ConfigError
from spine.core.hashing import secret_digest
from spine.core.secrets import is_secret, revealed
from spine.db.adapter import DatabaseAdapter
from spine.db.named import get_database
from spine.db.placeholders import translate
from spine.framework.sources.fetches import recorded
from spine.framework.sources.incremental import Reading, make_incremental, rebatched
from spine.framework.sources.result import SourceResult, SourceType
from spine.framework.sources.source import BaseSource, SourceConfig

_CURSOR = "cursor"  # the placeholder of the last value


def _params(given: Mapping[str, Any] | None) -> dict[str, Any]:
    return dict(given or {})


@frozen
class DatabaseSourceConfig(SourceConfig):
    """Arguments of DatabaseSource, and options of `type = "database"`."""

    database: str | DatabaseAdapter = field(metadata={"help": "One of [databases], by name."})
    query: str = field(metadata={"help": "The statement; :name is bound from the parameters of the fetch."})
    params: dict[str, Any] = field(
        factory=dict,
        converter=_params,
        kw_only=True,
        metadata={"help": "Default values for :name."},
    )
    cursor: str | None = field(
        default=None, kw_only=True, metadata={"help": "The column whose maximum is :cursor of the next fetch."}
    )
    initial: Any = field(default=None, kw_only=True, metadata={"help": "The first value of :cursor."})
    lag: int | float | str | None = field(
        default=None,
        kw_only=True,
        metadata={"help": 'How far before the cursor to read again: "1h", 100, or "transactions" (PostgreSQL).'},
    )
    boundary: Literal["open", "closed"] = field(
        default="open", kw_only=True, metadata={"help": '"closed" for a query that says >= :cursor.'}
    )
    key: str | list[str] = field(
        factory=list,
        kw_only=True,
        metadata={"help": "The columns that identify a row, where rows near the cursor are read again."},
    )
    batch_size: int = field(default=1000, kw_only=True, metadata={"help": "The number of rows read at once."})
    domain: str | None = field(default=None, kw_only=True, metadata={"help": "The domain of its data."})


class DatabaseSource(BaseSource):
    """Source of the rows of a query, read in batches; the database is given by name or as an adapter.

    Parameters are bound, never inserted into the text. With `cursor`, it is incremental: the query names `:cursor`,
    which is the maximum of that column so far. It is stored per source and committed together with the captures of the
    step, so that a failed step does not move it. With `lag` or `boundary="closed"` a fetch reads rows near the cursor
    again, and leaves out those that the last one has read, by `key`: docs/databases.md.
    """

    source_type = SourceType.DATABASE
    supports_streaming = True

    @configured_by(DatabaseSourceConfig)
    def __init__(self, options: DatabaseSourceConfig) -> None:
        name, database, query = options.name, options.database, options.query
        self._database = database if isinstance(database, str) else database.location
        self._adapter = None if isinstance(database, str) else database
        config = {"database": self._database, "query": query}
        super().__init__(name, SourceType.DATABASE, domain=options.domain, config=config)
        if options.batch_size < 1:
            raise ConfigError(f"source {name!r}: batch_size must be at least 1, not {options.batch_size}")
        self._incremental = make_incremental(
            name,
            query,
            column=options.cursor,
            initial=options.initial,
            lag=options.lag,
            boundary=options.boundary,
            key=[options.key] if isinstance(options.key, str) else options.key,
        )
        self._query = query
        self._params = options.params
        self._batch_size = options.batch_size

    @recorded
    def fetch(self, params: dict[str, Any] | None = None) -> SourceResult:
        """Return all rows; errors are returned as a failed result."""
        rows: list[dict[str, Any]] = []
        digest = hashlib.sha256()
        for batch in self.stream(params, self._batch_size):
            rows += batch
            _add(digest, batch)
        metadata = self._create_metadata(params, content_hash=digest.hexdigest(), query=self._query)
        return SourceResult.ok(rows, metadata)

    def stream(self, params: dict[str, Any] | None = None, batch_size: int = 1000) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows in lists of `batch_size`, in bounded memory; the cursor moves after the last one."""
        adapter, reading = self._connected(), self._reading()
        given = self._given(params, reading)
        names = translate(self._query, adapter.syntax, named=True).names
        bound = {name: given[name] for name in names if name in given}
        found = adapter.stream(self._query, bound if names else (), batch_size)
        with closing(found) as batches:  # type: ignore[type-var]  # a generator
            if reading is None:
                yield from batches
                return
            yield from rebatched(reading.new_rows(batches), batch_size)
        reading.finish()

    @property
    def has_cursor(self) -> bool:
        return self._incremental is not None

    def has_changed(
        self,
        params: dict[str, Any] | None = None,
        last_hash: str | None = None,
        last_etag: str | None = None,
        last_modified: str | None = None,
    ) -> bool:
        """Return True if there is a new row or, without a cursor, if the rows differ from those of `last_hash`."""
        reading = self._reading()
        if reading is not None:
            found = self._connected().stream(self._query, self._given(params, reading), self._batch_size)
            with closing(found) as batches:  # type: ignore[type-var]  # a generator
                return any(reading.new_rows(batches))
        if last_hash is None:
            return True
        digest = hashlib.sha256()
        for batch in self.stream(params, self._batch_size):
            _add(digest, batch)
        return digest.hexdigest() != last_hash

    def get_cache_key(self, params: dict[str, Any] | None = None) -> str:
        """Return a digest of the database, the query and the parameters."""
        given = sorted({**self._params, **(params or {})}.items())
        public = [(name, secret_digest(revealed(value)) if is_secret(value) else value) for name, value in given]
        text = repr((self._database, self._query, public))
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

    def locator(self, params: dict[str, Any] | None = None) -> str | None:
        return f"{self._database}: {' '.join(self._query.split())}"

    def _connected(self) -> DatabaseAdapter:
        return get_database(self._database) if self._adapter is None else self._adapter

    def _reading(self) -> Reading | None:
        if self._incremental is None:
            return None
        return self._incremental.begin(lambda: self._connected().oldest_transaction())

    def _given(self, params: Mapping[str, Any] | None, reading: Reading | None) -> dict[str, Any]:
        given = {name: revealed(value) for name, value in {**self._params, **(params or {})}.items()}
        if reading is not None:
            given[_CURSOR] = reading.cursor
        return given


def _add(digest: Any, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        digest.update(repr(row).encode(errors="surrogatepass"))
