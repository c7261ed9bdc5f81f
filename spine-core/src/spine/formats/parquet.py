"""Parquet files as Arrow tables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from spine.core.errors import ParseError
from spine.core.tables import require_arrow

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(data: bytes, label: str) -> pa.Table:
    """Return a whole Parquet file as a table."""
    arrow = require_arrow("Reading Parquet")
    parquet = require_arrow("Reading Parquet", "pyarrow.parquet")
    if not data:
        raise ParseError(f"{label} is empty")
    try:
        return parquet.ParquetFile(arrow.BufferReader(data)).read()
    except (arrow.ArrowException, OSError) as error:
        raise _unreadable(label, error) from error


def stream_parquet(file: BinaryIO, label: str, batch_size: int) -> Iterator[pa.Table]:
    """Yield the rows of a Parquet file in tables, one row group in memory at a time."""
    arrow = require_arrow("Reading Parquet")
    parquet = require_arrow("Reading Parquet", "pyarrow.parquet")
    if not file.seek(0, os.SEEK_END):
        raise ParseError(f"{label} is empty")
    try:
        with parquet.ParquetFile(file) as rows:
            for batch in rows.iter_batches(batch_size):
                yield arrow.Table.from_batches([batch])
    except (arrow.ArrowException, OSError) as error:
        raise _unreadable(label, error) from error


def _unreadable(label: str, error: Exception) -> ParseError:
    first = str(error).splitlines()[0].rstrip(".")
    return ParseError(f"{label} is not a complete Parquet file: {first}; fetch the file again", cause=error)
