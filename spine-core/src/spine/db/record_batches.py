"""Conversion of data to record batches of a few types, and their storage by INSERT statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from attrs import frozen
from sqlalchemy import TableClause, insert

from spine.core.errors import QueryError, ValidationError
from spine.core.tables import as_table, is_arrow, require_arrow, to_rows
from spine.db.arrow_types import storable
from spine.db.connection import BLOCK_ROWS, Connection
from spine.db.insert_statements import check_rows
from spine.db.nested_values import ListWriters, with_texts

if TYPE_CHECKING:
    import pyarrow as pa


@frozen
class Batches:
    """Record batches of one schema, read once."""

    schema: pa.Schema
    blocks: Iterator[pa.RecordBatch]


def insert_batches(connection: Connection, table: TableClause, batches: Iterable[pa.RecordBatch]) -> int:
    """Store record batches by INSERT statements, which every dialect has."""
    count = 0
    for batch in batches:
        connection.executemany(insert(table), to_rows(batch))
        count += batch.num_rows
    return count


def as_batches(target: str, data: Any, writers: ListWriters) -> Batches:
    """Return Arrow data, an iterable of it, or rows as storable record batches of at most BLOCK_ROWS rows.

    All rows have the columns of the first; the types are those of the first block. Lists become what `writers` write.
    """
    pa = require_arrow("Loading in bulk")
    if is_arrow(data):
        return _of_arrow(pa, target, iter([data]), writers)
    if isinstance(data, (str, bytes, Mapping)) or not isinstance(data, Iterable):
        raise ValidationError(f"expected rows or Arrow data for {target}, not {type(data).__name__}")
    items = iter(data)
    first = next(items, None)
    if first is None:
        return Batches(pa.schema([]), iter(()))
    if is_arrow(first):
        return _of_arrow(pa, target, chain([first], items), writers)
    return _of_rows(target, chain([first], items), writers)


def _of_arrow(pa: Any, target: str, items: Iterator[Any], writers: ListWriters) -> Batches:
    readers = (_reader(pa, item) for item in items)
    first = next(readers)
    names = first.schema.names

    def blocks() -> Iterator[pa.RecordBatch]:
        for reader in chain([first], readers):
            if reader.schema.names != names:
                raise QueryError(f"a batch for {target} has other columns than the first one")
            for batch in reader:
                for start in range(0, batch.num_rows, BLOCK_ROWS):
                    yield storable(batch.slice(start, BLOCK_ROWS), writers)

    return Batches(_storable_schema(pa, first.schema), blocks())


def _reader(pa: Any, item: Any) -> Any:
    """Return a record batch reader; the exceptions of a reader written in Python are not changed."""
    if isinstance(item, pa.RecordBatchReader):
        return item
    if isinstance(item, pa.Table):
        return item.to_reader()  # the C interface below would cut a name at its first NUL
    if hasattr(item, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(item)
    if is_arrow(item):
        return pa.Table.from_batches([pa.record_batch(item)]).to_reader()
    raise ValidationError(f"expected only record batches, not {type(item).__name__}")


def _of_rows(target: str, rows: Iterator[Any], writers: ListWriters) -> Batches:
    def tables() -> Iterator[pa.Table]:
        columns: list[str] | None = None
        number = 1
        while block := list(islice(rows, BLOCK_ROWS)):
            if columns is None and isinstance(block[0], Mapping):
                columns = list(block[0])
            if all(isinstance(row, Mapping) for row in block):
                block = with_texts(
                    target, check_rows(target, block, columns=columns, first=number), writers, first=number
                )
            table = as_table(block)
            yield table if columns is None else table.select(columns)
            number += len(block)

    pa = require_arrow("Loading in bulk")
    return _of_arrow(pa, target, tables(), writers)


def _storable_schema(pa: Any, schema: pa.Schema) -> pa.Schema:
    return storable(
        pa.RecordBatch.from_arrays([pa.array([], kind) for kind in schema.types], names=schema.names),
        dict,
    ).schema
