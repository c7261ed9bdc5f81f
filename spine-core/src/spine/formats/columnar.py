"""Parquet and Arrow IPC files as Arrow tables; a truncated or damaged file is a ParseError."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from spine.core.errors import ParseError
from spine.core.tables import require_arrow
from spine.formats.columnnames import check_columns, distinct_names
from spine.formats.fileformat import FileFormat
from spine.formats.limits import refuse_more

if TYPE_CHECKING:
    import pyarrow as pa

_IPC_FILE = b"ARROW1"  # the start of the file format; the stream format has none


class ColumnarFile:
    """An opened Parquet or Arrow IPC file. `renamed` maps the new name of a column to the one of an earlier column."""

    def __init__(self, file: BinaryIO, label: str, file_format: FileFormat, max_bytes: int | None = None) -> None:
        self.renamed: dict[str, str] = {}
        self._file = file
        self._label = label
        self._kind = "Parquet" if file_format is FileFormat.PARQUET else "Arrow IPC"
        self._max_bytes = max_bytes
        self._arrow = require_arrow(f"Reading {self._kind}")

    def read(self, columns: Sequence[str] | None) -> pa.Table:
        """Return all rows."""
        with self._damage_typed():
            if self._kind == "Parquet":
                file = self._parquet(columns)
                table = file.read(columns=self._known(columns, file.schema_arrow))
            else:
                batches, schema = self._ipc(columns)
                table = self._arrow.Table.from_batches(batches, schema)
                table.validate(full=True)  # the offsets come from the file, and later readers rely on them
            return self._named(table)

    def stream(self, columns: Sequence[str] | None, batch_size: int) -> Iterator[pa.Table]:
        """Yield the rows in tables, one row group or record batch in memory at a time."""
        with self._damage_typed():
            if self._kind == "Parquet":
                file = self._parquet(columns)
                batches = file.iter_batches(batch_size, columns=self._known(columns, file.schema_arrow))
            else:
                batches, _ = self._ipc(columns)
            for batch in batches:
                if self._kind == "Arrow IPC":
                    batch.validate(full=True)
                yield self._named(self._arrow.Table.from_batches([batch]))

    def _parquet(self, columns: Sequence[str] | None) -> Any:
        parquet = require_arrow("Reading Parquet", "pyarrow.parquet")
        found = parquet.ParquetFile(self._file, pre_buffer=columns is None, page_checksum_verification=True)
        groups = (found.metadata.row_group(index) for index in range(found.num_row_groups))
        refuse_more(self._label, sum(group.total_byte_size for group in groups), self._max_bytes)
        return found

    def _ipc(self, columns: Sequence[str] | None) -> tuple[Iterator[Any], Any]:
        ipc = require_arrow("Reading Arrow IPC", "pyarrow.ipc")
        start = self._file.read(len(_IPC_FILE))
        self._file.seek(0)
        if start == _IPC_FILE:
            file = ipc.open_file(self._file)
            self._known(columns, file.schema)
            return self._limited(file.get_batch(index) for index in range(file.num_record_batches)), file.schema
        stream = ipc.open_stream(self._file)
        self._known(columns, stream.schema)
        return self._limited(stream), stream.schema

    def _limited(self, batches: Iterator[Any]) -> Iterator[Any]:
        size = 0
        for batch in batches:
            size += batch.nbytes
            refuse_more(self._label, size, self._max_bytes)
            yield batch

    def _known(self, columns: Sequence[str] | None, schema: Any) -> list[str] | None:
        if columns is None:
            return None
        check_columns(schema.names, columns, self._label)
        return list(columns)

    def _named(self, table: pa.Table) -> pa.Table:
        names, self.renamed = distinct_names(table.column_names)
        return table.rename_columns(names) if self.renamed else table

    @contextmanager
    def _damage_typed(self) -> Iterator[None]:
        if not self._file.seek(0, os.SEEK_END):
            raise ParseError(f"{self._label} is empty")
        self._file.seek(0)
        try:
            yield
        except (self._arrow.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
            first = (str(error).splitlines() or [""])[0].rstrip(".")
            raise ParseError(
                f"{self._label} is not a complete {self._kind} file: {first}; fetch the file again", cause=error
            ) from error
