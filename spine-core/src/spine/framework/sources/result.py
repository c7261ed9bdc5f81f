"""Result of a fetch: rows, an Arrow table or bytes, with metadata, or a typed error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from attrs import asdict, define, field, frozen

from spine.core.clock import utc_now
from spine.core.errors import SourceError, SpineError
from spine.core.names import plain
from spine.core.result import Err, Ok, Outcome, Result
from spine.core.tables import as_table, is_arrow, to_rows
from spine.framework.rejects import Reject

if TYPE_CHECKING:
    import pyarrow as pa


_ONLY_IF_ANY = ("retry_count", "bad_row_count", "duplicate_row_count", "files")


class SourceType(str, Enum):
    """Types of the sources in this repository; the type of a third-party plugin is any other text."""

    FILE = "file"
    HTTP = "http"
    DATABASE = "database"
    S3 = "s3"
    SFTP = "sftp"
    CUSTOM = "custom"


@frozen
class SourceFile:
    """File read by a fetch: SHA-256 of its stored bytes, size in bytes, ISO time in UTC, number of accepted rows."""

    path: str
    content_hash: str
    byte_count: int
    last_modified: str | None
    row_count: int


@define
class SourceMetadata:
    """Metadata of one fetch, for change detection and the history.

    `content_hash` is the SHA-256 of the stored bytes, in hexadecimal, `last_modified` an ISO time in UTC.
    `renamed_columns` maps the new name of a duplicate column to its name in the file, `inferred_types` each column with
    an inferred type to that type; `bad_row_count` rows were rejected, `duplicate_row_count` rows came twice and were
    dropped. `warnings` say what was passed over, or may not be as it was meant.
    """

    source_name: str
    source_type: SourceType | str
    fetched_at: datetime = field(factory=utc_now)
    duration_ms: int | None = None
    content_hash: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    content_changed: bool = True
    bytes_fetched: int | None = None
    row_count: int | None = None
    url: str | None = None
    path: str | None = None
    query: str | None = None
    params: dict[str, Any] = field(factory=dict)
    retry_count: int = 0
    renamed_columns: dict[str, str] = field(factory=dict)
    inferred_types: dict[str, str] = field(factory=dict)
    bad_row_count: int = 0
    duplicate_row_count: int = 0
    warnings: list[str] = field(factory=list)
    files: list[SourceFile] = field(factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are set, times as ISO text."""
        shown = {name: value for name, value in asdict(self, recurse=False).items() if value not in (None, {}, [])}
        shown["source_type"] = plain(self.source_type)
        shown["fetched_at"] = self.fetched_at.isoformat()
        shown["files"] = [asdict(file) for file in self.files]
        return {name: value for name, value in shown.items() if value or name not in _ONLY_IF_ANY}


@define(eq=False)
class SourceResult(Outcome):
    """Result of one fetch.

    It holds rows or an Arrow table and provides both: `.data` and `.table` are converted on first use. To read what it
    does not have raises the error of the failure, or SourceError, such as where it holds bytes: see `raw_data`. Data
    that were not sent, as nothing has changed, are fetched if they are read. `rejects` are the rows that the source
    quarantined.
    """

    _data: list[dict[str, Any]] | None = field(default=None, repr=False)
    _raw_data: bytes | None = field(default=None, repr=False)
    metadata: SourceMetadata | None = None
    success: bool = True
    error: SpineError | None = None
    rejects: list[Reject] = field(factory=list, repr=False)
    _table: pa.Table | None = field(default=None, repr=False, kw_only=True)
    _fetch_anew: Callable[[], SourceResult] | None = field(default=None, repr=False, kw_only=True)

    @classmethod
    def ok(cls, data: Any, metadata: SourceMetadata) -> SourceResult:
        """Return a success with rows, or with an Arrow table, batch or reader."""
        result = cls(table=as_table(data), metadata=metadata) if is_arrow(data) else cls(list(data), metadata=metadata)
        metadata.row_count = len(result)
        return result

    @classmethod
    def ok_raw(cls, raw_data: bytes, metadata: SourceMetadata) -> SourceResult:
        """Return a success with unparsed bytes."""
        metadata.bytes_fetched = len(raw_data)
        return cls(raw_data=raw_data, metadata=metadata)

    @classmethod
    def unchanged(cls, metadata: SourceMetadata, fetch_anew: Callable[[], SourceResult] | None = None) -> SourceResult:
        """Return a success without data: nothing changed since the last fetch.

        `fetch_anew` returns the result of a fetch with data, for code that reads them all the same.
        """
        metadata.content_changed = False
        return cls(metadata=metadata, fetch_anew=fetch_anew)

    @classmethod
    def fail(cls, error: SpineError, metadata: SourceMetadata | None = None) -> SourceResult:
        """Return a failure."""
        return cls(error=error, metadata=metadata, success=False)

    @property
    def holds_table(self) -> bool:
        """True if the data is an Arrow table that was not converted to rows yet."""
        return self._data is None and self._table is not None

    @property
    def raw_data(self) -> bytes | None:
        """Unparsed bytes, None if there are rows."""
        self._complete()
        if self._raw_data is None:
            self._held()
        return self._raw_data

    @property
    def data(self) -> list[dict[str, Any]]:
        """Rows."""
        if self._data is None:
            held = self._held()
            self._data = held if isinstance(held, list) else to_rows(held)
        return self._data

    @property
    def table(self) -> pa.Table:
        """Rows as an Arrow table."""
        if self._table is None:
            self._table = as_table(self._held())
        return self._table

    def stream(self, batch_size: int = 1000) -> Iterator[list[dict[str, Any]]]:
        """Return the rows in lists of `batch_size`; an Arrow table is converted one list at a time."""
        held = self._held()
        starts = range(0, len(held), batch_size)
        if isinstance(held, list):
            return (held[start : start + batch_size] for start in starts)
        return (to_rows(held.slice(start, batch_size)) for start in starts)

    def to_result(self) -> Result[Any]:
        """Return Ok of the rows or the bytes, or Err of the error that reading the rows raises."""
        try:
            return Ok(self.data if self.raw_data is None else self.raw_data)
        except SpineError as error:
            return Err(error)

    def _held(self) -> Any:
        """Return the rows or the table; raise where there are none."""
        self._complete()
        if self._data is not None:
            return self._data
        if self._table is not None:
            return self._table
        raise self._absence()

    def _complete(self) -> None:
        """Fetch data that were not sent, as nothing had changed."""
        if self._fetch_anew is None:
            return
        fetch_anew, self._fetch_anew = self._fetch_anew, None
        found = fetch_anew()
        self._data, self._raw_data, self._table = found._data, found._raw_data, found._table
        self.metadata, self.success, self.error, self.rejects = (
            found.metadata,
            found.success,
            found.error,
            found.rejects,
        )

    def _absence(self) -> SpineError:
        """Return the error that says why there are no rows."""
        if not self.success:
            return self.error or SourceError("the fetch failed and the source gave no reason")
        name = "" if self.metadata is None else f"source {self.metadata.source_name!r}: "
        if self._raw_data is not None:
            return SourceError(f"{name}the fetch brought bytes, not rows: read raw_data")
        if self.metadata is not None and not self.metadata.content_changed:
            return SourceError(
                f"{name}nothing has changed since the last fetch, and no rows were sent: look at "
                "metadata.content_changed before the rows, or run with --refresh"
            )
        return SourceError(f"{name}the fetch brought no rows")

    def __len__(self) -> int:
        return len(self._held())

    def __bool__(self) -> bool:
        return self.success
