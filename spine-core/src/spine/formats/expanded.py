"""Sizes of Arrow data with its dictionaries expanded, and batches of a bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from spine.core.tables import require_arrow

if TYPE_CHECKING:
    import pyarrow as pa

_INDEX_BYTES = 4
MOST_BYTES = 64 << 20  # of one batch, expanded


def expanded_bytes(array: Any) -> int:
    """Return how many bytes an Arrow array takes when every value is written out."""
    types = require_arrow("Reading columns", "pyarrow.types")
    kind = array.type
    if types.is_dictionary(kind):
        return _of_dictionary(array)
    if types.is_struct(kind):
        return sum(expanded_bytes(array.field(index)) for index in range(kind.num_fields))
    if types.is_map(kind):
        return _INDEX_BYTES * len(array) + expanded_bytes(array.keys) + expanded_bytes(array.items)
    if types.is_nested(kind) and hasattr(array, "flatten"):
        return _INDEX_BYTES * len(array) + expanded_bytes(array.flatten())
    return int(array.nbytes)


def _of_dictionary(array: Any) -> int:
    compute, types = (require_arrow("Reading columns", f"pyarrow.{name}") for name in ("compute", "types"))
    kind = array.dictionary.type
    if types.is_string(kind) or types.is_binary(kind) or types.is_large_string(kind) or types.is_large_binary(kind):
        lengths = compute.binary_length(array.dictionary).take(array.indices)
        return _INDEX_BYTES * len(array) + (compute.sum(lengths.cast("int64")).as_py() or 0)
    widest = array.dictionary.nbytes / max(len(array.dictionary), 1)
    return int(_INDEX_BYTES + widest) * len(array)


def size_of(batch: pa.RecordBatch) -> int:
    """Return how many bytes a batch takes expanded."""
    return sum(expanded_bytes(column) for column in batch.columns)


def as_type(array: Any, kind: Any) -> Any:
    """Return an array as `kind`, with its dictionaries expanded where that has none."""
    arrow, types = require_arrow("Reading columns"), require_arrow("Reading columns", "pyarrow.types")
    if types.is_dictionary(array.type) and not types.is_dictionary(kind):
        return array.dictionary_decode().cast(kind)
    if types.is_list_view(kind) or types.is_large_list_view(kind):  # Arrow has no cast to them
        views = arrow.ListViewArray if types.is_list_view(kind) else arrow.LargeListViewArray
        values = as_type(array.values, kind.value_type)
        return views.from_arrays(array.offsets, array.sizes, values, type=kind, mask=array.is_null())
    return array if array.type == kind else array.cast(kind)


def in_pieces(batch: pa.RecordBatch, size: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a batch, which has `size` bytes expanded, in batches of about `MOST_BYTES`."""
    count = min(-(-size // MOST_BYTES), batch.num_rows) or 1
    length = -(-batch.num_rows // count)
    for start in range(0, max(batch.num_rows, 1), max(length, 1)):
        yield batch.slice(start, length)
