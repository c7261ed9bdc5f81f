"""Result of a fetch: rows, an Arrow table or bytes, with metadata, or a typed error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from attrs import asdict, define, field, frozen

from spine.core.clock import utc_now
from spine.core.errors import SourceError, SourceUnchangedError, SpineError
from spine.core.names import plain
from spine.core.result import Err, Ok, Result
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
class SourceResult:
    """Result of one fetch.

    It holds rows or an Arrow table and provides both: `.data` and `.table` are converted on first use.
    `rejects` are the rows that the source quarantined.
    """

    _data: list[dict[str, Any]] | None = field(default=None, repr=False)
    raw_data: bytes | None = field(default=None, repr=False)
    metadata: SourceMetadata | None = None
    success: bool = True
    error: SpineError | None = None
    rejects: list[Reject] = field(factory=list, repr=False)
    _table: pa.Table | None = field(default=None, repr=False, kw_only=True)

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
    def unchanged(cls, metadata: SourceMetadata) -> SourceResult:
        """Return a success without data: nothing changed since the last fetch."""
        metadata.content_changed = False
        return cls(metadata=metadata)

    @classmethod
    def fail(cls, error: SpineError, metadata: SourceMetadata | None = None) -> SourceResult:
        """Return a failure."""
        return cls(error=error, metadata=metadata, success=False)

    @property
    def why_empty(self) -> SpineError | None:
        """Error of code that asks for the data where there is none: the fetch failed, or nothing has changed."""
        if not self.success:
            return self.error or SourceError("the fetch failed and the source gave no reason")
        changed = self.metadata is None or self.metadata.content_changed
        if changed or self._data is not None or self._table is not None or self.raw_data is not None:
            return None
        return unchanged_error(self.metadata.source_name if self.metadata else "")

    @property
    def holds_table(self) -> bool:
        """True if the data is an Arrow table that was not converted to rows yet."""
        return self._data is None and self._table is not None

    @property
    def data(self) -> list[dict[str, Any]] | None:
        """Rows, None for a failure or for raw bytes."""
        if self._data is None and self._table is not None:
            self._data = to_rows(self._table)
        return self._data

    @property
    def table(self) -> pa.Table | None:
        """Rows as an Arrow table, None for a failure or for raw bytes."""
        if self._table is None and self._data is not None:
            self._table = as_table(self._data)
        return self._table

    def stream(self, batch_size: int = 1000) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows in lists of `batch_size`; an Arrow table is converted one list at a time."""
        for start in range(0, len(self), batch_size):
            if self._data is None and self._table is not None:
                yield to_rows(self._table.slice(start, batch_size))
            elif self._data is not None:
                yield self._data[start : start + batch_size]

    def to_result(self) -> Result[Any]:
        """Return Ok of the rows (or the raw bytes), or Err of the error.

        A source that sent no rows, because nothing has changed, is an Err of SourceUnchangedError.
        """
        if (error := self.why_empty) is not None:
            return Err(error)
        return Ok(self.data if self.raw_data is None else self.raw_data)

    def __len__(self) -> int:
        if self._data is not None:
            return len(self._data)
        return 0 if self._table is None else int(self._table.num_rows)

    def __bool__(self) -> bool:
        return self.success


def unchanged_error(source_name: str) -> SourceUnchangedError:
    """Return the error of code that asks a source for rows which it did not send."""
    return SourceUnchangedError(
        f"source {source_name!r} has not changed since the last completed run, and sent no rows; "
        "spine run --refresh asks for them again"
    )
