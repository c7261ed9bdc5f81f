"""Rows of a database as Arrow data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.errors import ValidationError
from spine.core.tables import arrow_array, kinds_of, require_arrow
from spine.db.connection import BLOCK_ROWS, Result

if TYPE_CHECKING:
    import pyarrow as pa


@frozen
class ArrowColumn:
    """The conversion of a column to Arrow: its type, None to infer it, and a function to apply to each value first."""

    type: pa.DataType | None = None
    convert: Callable[[Any], Any] | None = None


def read_batches(result: Result, columns: Sequence[ArrowColumn], size: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a result as record batches of one schema; the first one decides unknown types."""
    known: Sequence[ArrowColumn] = columns
    for rows in result.batches(size):
        batch = _batch(result.columns, known, rows)
        yield batch
        kinds = [field.type for field in batch.schema]
        known = [ArrowColumn(kind, column.convert) for kind, column in zip(kinds, columns, strict=True)]


def read_table(result: Result, columns: Sequence[ArrowColumn]) -> pa.Table:
    """Return the rows of a result as a table; a column without a known type has the one that fits every value."""
    pa = require_arrow("Reading an Arrow table")
    batches = [_batch(result.columns, columns, rows) for rows in result.batches(BLOCK_ROWS)]
    if not batches:
        return pa.Table.from_batches([_batch(result.columns, columns, [])])
    tables = [pa.Table.from_batches([batch]) for batch in batches]
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise ValidationError(
            f"a column of {', '.join(result.columns)} has values of several types: cast it in the statement",
            cause=error,
        ) from error


def split(reader: pa.RecordBatchReader, size: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a reader as record batches of at most `size` rows, none of them empty."""
    for batch in reader:
        for start in range(0, batch.num_rows, size):
            yield batch.slice(start, size)


def _batch(names: Sequence[str], columns: Sequence[ArrowColumn], rows: list[Iterable[Any]]) -> pa.RecordBatch:
    pa = require_arrow("Reading an Arrow table")
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = [_array(pa, *given) for given in zip(names, columns, cells, strict=True)]
    return pa.record_batch(arrays, names=list(names))


def _array(pa: Any, name: str, column: ArrowColumn, values: Sequence[Any]) -> pa.Array:
    convert = column.convert
    if convert is not None:
        values = [None if value is None else convert(value) for value in values]
    try:
        return arrow_array(values, column.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        wanted = "one Arrow type" if column.type is None else f"the Arrow type {column.type}"
        raise ValidationError(
            f"column {name!r} does not fit {wanted} (it holds {kinds_of(values)}): cast it in the statement",
            field=name,
            cause=error,
        ) from None
