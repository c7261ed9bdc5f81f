"""Parquet and Arrow IPC files as Arrow tables; a truncated or damaged file is a ParseError."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from spine.core.errors import ParseError
from spine.core.tables import require_arrow
from spine.formats.columnnames import check_columns, distinct_names
from spine.formats.expanded import MOST_BYTES, as_type, in_pieces, size_of
from spine.formats.fileformat import FileFormat
from spine.formats.ipc_sizes import message_sizes
from spine.formats.limits import refuse_more, usual_most

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1 << 16
_INT96 = "us"  # nanoseconds hold 1677 to 2262 only, and wrap around without an error
_STREAM_IN_FILE = 8  # the position of the stream in the file format
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
        """Return all rows.

        Without `max_bytes` they may have 256 MiB, or 200 times the size of the file where that is more.
        """
        with self._damage_typed() as most:
            batches, schema = self._batches(columns, _ROWS, most)
            return self._named(self._arrow.Table.from_batches(self._limited(batches, schema, most), schema))

    def stream(self, columns: Sequence[str] | None, batch_size: int) -> Iterator[pa.Table]:
        """Yield the rows in tables, one row group or record batch in memory at a time."""
        with self._damage_typed() as most:
            batches, schema = self._batches(columns, batch_size, most)
            for batch in self._limited(batches, schema, self._max_bytes):
                yield self._named(self._arrow.Table.from_batches([batch]))

    def schema(self, columns: Sequence[str] | None) -> pa.Schema:
        """Return the columns and their types, as `read` and `stream` return them."""
        with self._damage_typed() as most:
            _, schema = self._batches(columns, _ROWS, most)
            return self._named(schema.empty_table()).schema

    def _batches(self, columns: Sequence[str] | None, rows: int, most: int) -> tuple[Iterator[Any], Any]:
        return self._parquet(columns, rows) if self._kind == "Parquet" else self._ipc(columns, most)

    def _parquet(self, columns: Sequence[str] | None, batch_size: int) -> tuple[Iterator[Any], Any]:
        parquet = require_arrow("Reading Parquet", "pyarrow.parquet")
        found = parquet.ParquetFile(self._file, coerce_int96_timestamp_unit=_INT96)
        groups = (found.metadata.row_group(index) for index in range(found.num_row_groups))
        refuse_more(self._label, sum(group.total_byte_size for group in groups), self._max_bytes)
        known = self._known(columns, found.schema_arrow)
        schema = (
            found.schema_arrow if known is None else self._arrow.schema([found.schema_arrow.field(n) for n in known])
        )
        leaves = [found.schema.column(index) for index in range(len(found.schema))]
        self._file.seek(0)
        file = parquet.ParquetFile(
            self._file,
            coerce_int96_timestamp_unit=_INT96,
            pre_buffer=columns is None,
            page_checksum_verification=True,
            read_dictionary=[leaf.path for leaf in leaves if _is_text(leaf)],  # one value may stand for a million
        )
        widest = sum(leaf.length for leaf in leaves if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY")
        rows = max(1, min(batch_size, MOST_BYTES // max(widest, 1)))
        return file.iter_batches(rows, columns=known), schema

    def _ipc(self, columns: Sequence[str] | None, most: int) -> tuple[Iterator[Any], Any]:
        ipc = require_arrow("Reading Arrow IPC", "pyarrow.ipc")
        start = self._file.read(len(_IPC_FILE))
        self._file.seek(0)
        expected = ipc.open_file(self._file).num_record_batches if start == _IPC_FILE else None
        begin = 0 if expected is None else _STREAM_IN_FILE  # a file holds a stream, and is read as one
        self._file.seek(begin)
        for size in message_sizes(self._file):
            refuse_more(self._label, size, most)
        self._file.seek(begin)
        stream = ipc.open_stream(self._file)
        self._known(columns, stream.schema)
        return self._counted(stream, expected), stream.schema

    def _counted(self, stream: Iterator[Any], expected: int | None) -> Iterator[Any]:
        number = 0
        for number, batch in enumerate(stream, 1):  # noqa: B007 - needed after the loop
            batch.validate(full=True)  # the offsets come from the file: a wrong one ends the process when it is used
            yield batch
        if expected is not None and number != expected:
            raise self._arrow.ArrowInvalid(f"its end names {expected} record batches, and it holds {number}")

    def _limited(self, batches: Iterator[Any], schema: Any, most: int | None) -> Iterator[Any]:
        """Yield batches of a bounded size with the types of `schema`; refuse those that exceed `most` when expanded."""
        total = 0
        for batch in batches:
            size = size_of(batch)
            total += size
            refuse_more(self._label, total, most)
            for piece in in_pieces(batch, size):
                columns = map(as_type, piece.columns, schema.types)
                yield self._arrow.RecordBatch.from_arrays(list(columns), schema=schema)

    def _known(self, columns: Sequence[str] | None, schema: Any) -> list[str] | None:
        if columns is None:
            return None
        check_columns(schema.names, columns, self._label)
        return list(columns)

    def _named(self, table: pa.Table) -> pa.Table:
        names, self.renamed = distinct_names(table.column_names)
        return table.rename_columns(names) if self.renamed else table

    @contextmanager
    def _damage_typed(self) -> Iterator[int]:
        """Give how many bytes the file may have when it is expanded; errors inside the block are typed."""
        size = self._file.seek(0, os.SEEK_END)
        if not size:
            raise ParseError(f"{self._label} is empty")
        self._file.seek(0)
        try:
            yield usual_most(size) if self._max_bytes is None else self._max_bytes
        except MemoryError:  # of Arrow too: the file is not at fault
            raise
        except (self._arrow.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
            first = (str(error).splitlines() or [""])[0].rstrip(".")
            raise ParseError(
                f"{self._label} is not a complete {self._kind} file: {first}; fetch the file again", cause=error
            ) from error


def _is_text(leaf: Any) -> bool:
    return bool(leaf.physical_type == "BYTE_ARRAY" and leaf.logical_type.type != "DECIMAL")
