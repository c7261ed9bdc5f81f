"""Input data of a capture: a table, or a schema and a stream of record batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.errors import SchemaError
from spine.core.tables import as_table, is_arrow, require_arrow

if TYPE_CHECKING:
    import pyarrow as pa


@frozen
class BatchStream:
    """Record batches of one schema, readable once."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]

    @classmethod
    def of(cls, table: pa.Table) -> BatchStream:
        """Return the rows of a table as a stream."""
        return cls(table.schema, iter(table.to_batches()))

    def read_all(self) -> pa.Table:
        """Return the rest of the stream as a table."""
        import pyarrow as pa

        return pa.Table.from_batches(self.batches, self.schema)


def table_or_stream(data: Any) -> pa.Table | BatchStream:
    """Return readers and iterators of batches as a stream, anything else as a table.

    An iterator may yield record batches, tables or lists of rows; the first one fixes the schema. An iterator of single
    rows is read whole, since types are inferred from all rows.
    """
    pa = require_arrow("A capture")
    if isinstance(data, BatchStream):
        return data
    if isinstance(data, pa.RecordBatchReader):
        return BatchStream(data.schema, iter(data))
    if is_arrow(data) or not isinstance(data, Iterator):
        return as_table(data)
    first = next(data, None)
    if first is None or isinstance(first, Mapping):
        return as_table([] if first is None else list(chain([first], data)))
    head = as_table(first)
    return BatchStream(head.schema, chain(head.to_batches(), _fitted(data, head.schema)))


def _fitted(pieces: Iterable[Any], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for number, piece in enumerate(pieces, start=2):
        table = as_table(piece)
        if table.schema.names != schema.names:
            raise SchemaError(f"batch {number} has the columns {table.schema.names}, the first one {schema.names}")
        try:
            yield from (table if table.schema.equals(schema) else table.cast(schema)).to_batches()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise SchemaError(
                f"batch {number} does not fit the types of the first one: {error}; give Arrow data with a schema",
                cause=error,
            ) from error
