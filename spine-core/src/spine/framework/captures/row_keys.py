"""Keys of rows: one value for several columns, equal exactly when the values of all of them are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spine.framework.captures.schema_text import is_text

if TYPE_CHECKING:
    import pyarrow as pa


def row_keys(data: pa.Table | pa.RecordBatch, columns: Sequence[str]) -> pa.Array:
    """Return a binary value for each row; nulls are equal to each other, and so are NaNs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts: list[Any] = []
    for name in columns:
        values = _bytes_of(data.column(name))
        sizes = pc.binary_length(values).cast("string").cast("large_binary")
        parts += [pc.fill_null(sizes, b"null"), pa.scalar(b":", "large_binary"), pc.fill_null(values, b"")]
    if not parts:
        return pa.repeat(pa.scalar(b"", "large_binary"), data.num_rows)
    joined = pc.binary_join_element_wise(*parts, pa.scalar(b"", "large_binary"))
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def _bytes_of(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a large binary value for each cell, null for null."""
    import pyarrow as pa
    from pyarrow import types as is_

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if is_.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if is_text(kind) or is_.is_binary(kind) or is_.is_large_binary(kind) or is_.is_fixed_size_binary(kind):
        return column.cast("large_binary")
    if is_.is_boolean(kind) or is_.is_integer(kind) or is_.is_decimal(kind) or is_.is_floating(kind):
        return column.cast("string").cast("large_binary")
    if is_.is_temporal(kind) and not is_.is_interval(kind):
        width = "int32" if kind.bit_width == 32 else "int64"
        return column.cast(width).cast("string").cast("large_binary")
    texts = [None if value is None else repr(value).encode("utf-8", "surrogatepass") for value in column.to_pylist()]
    return pa.array(texts, "large_binary")
