"""Rows of the current revision of a capture combined with new ones: appended, or merged by a key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from spine.core.errors import SchemaError, ValidationError
from spine.core.suggest import what_there_is
from spine.framework.captures.batches import BatchStream
from spine.framework.captures.row_keys import row_keys

if TYPE_CHECKING:
    import pyarrow as pa

LOAD_ID = "_load_id"


def appended(base: pa.RecordBatchReader, new: BatchStream) -> BatchStream:
    """Return the rows of `base`, then those of `new`; a column that only one of them has is null in the other.

    Raises SchemaError for a column of another type.
    """
    schema = joint_schema(base.schema, new.schema)

    def rows() -> Iterator[pa.RecordBatch]:
        for stream in (base, new.batches):
            for batch in stream:
                yield from fitted(batch, schema)

    return BatchStream(schema, rows())


def merged(base: pa.RecordBatchReader, new: pa.Table, key: Sequence[str]) -> BatchStream:
    """Return the rows of `base`, those with a key of `new` replaced by its rows, then the other rows of `new`.

    A row that is equal but for its load id is not replaced. Raises ValidationError for a key that is null, that two
    rows share, or whose columns are missing.
    """
    import pyarrow as pa

    schema = joint_schema(base.schema, new.schema)
    keys = checked_keys(new, key)
    rows = pa.Table.from_batches(fitted(new, schema), schema)
    return BatchStream(schema, _merge(base, rows, keys, key))


def with_load_id(data: pa.Table | BatchStream, load_id: str) -> pa.Table | BatchStream:
    """Return the data with a column `_load_id`; ValidationError if it has one."""
    import pyarrow as pa

    if LOAD_ID in data.schema.names:
        raise ValidationError(f"the data has a column {LOAD_ID!r}, which load_ids would write: drop it", field=LOAD_ID)
    schema = data.schema.append(pa.field(LOAD_ID, pa.string()))

    def marked(batch: pa.Table | pa.RecordBatch) -> pa.RecordBatch:
        return type(batch).from_arrays([*batch.columns, pa.repeat(pa.scalar(load_id), batch.num_rows)], schema=schema)

    if isinstance(data, BatchStream):
        return BatchStream(schema, (marked(batch) for batch in data.batches))
    return marked(data)


def checked_keys(new: pa.Table, key: Sequence[str]) -> pa.Array:
    """Return the key of each row of `new`; ValidationError for one that is null or that two rows share."""
    import pyarrow.compute as pc

    for name in key:
        if name not in new.column_names:
            known = what_there_is("column", name, new.column_names)
            raise ValidationError(f"the key names a column {name!r} that the data does not have{known}", field=name)
        if new.column(name).null_count:
            row = pc.index(pc.is_null(new.column(name)), True).as_py() + 1
            raise ValidationError(f"row {row:,} has no value in the key column {name!r}", field=name)
    keys = row_keys(new, key)
    if len(pc.unique(keys)) < len(keys):
        counts = pc.value_counts(keys)
        twice = counts.field("values").filter(pc.greater(counts.field("counts"), 1))[0]
        row = pc.index(keys, twice).as_py()
        shown = ", ".join(f"{name}={new.column(name)[row].as_py()!r:.80}" for name in key)
        raise ValidationError(f"two rows have the key {shown}: a merge needs one row a key")
    return keys


def _merge(base: pa.RecordBatchReader, new: pa.Table, keys: pa.Array, key: Sequence[str]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.compute as pc

    places: list[pa.Array] = []
    for batch in base:
        [old] = fitted(batch, new.schema) or [None]
        if old is None:
            continue
        place = pc.index_in(row_keys(old, key), value_set=keys)
        places.append(place.drop_null())
        if place.null_count < len(place):
            yield from _replaced(old, new, place).to_batches()
        else:
            yield old
    found = pa.chunked_array(places, pa.int32()).combine_chunks()
    if len(pc.unique(found)) < len(found):
        raise ValidationError(
            f"the current revision has two rows of one key ({', '.join(key)}): capture it anew, or name another key"
        )
    is_new = pc.invert(pc.is_in(_numbers(new.num_rows), value_set=found.cast("uint64")))
    yield from new.filter(is_new).to_batches()


def _replaced(old: pa.RecordBatch, new: pa.Table, place: pa.Array) -> pa.Table:
    """Return the rows of `old`; where `place` has the number of a row of `new`, that row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    count = old.num_rows
    if LOAD_ID in new.column_names:
        columns = [name for name in new.column_names if name != LOAD_ID]
        at = pc.indices_nonzero(pc.is_valid(place))
        is_same = pc.equal(row_keys(old.take(at), columns), row_keys(new.take(place.drop_null()), columns))
        same = pc.is_in(_numbers(count), value_set=at.filter(is_same))
        place = pc.if_else(same, pa.scalar(None, place.type), place)
    index = pc.coalesce(pc.add(place.cast("int64"), count), _numbers(count).cast("int64"))
    return pa.concat_tables([pa.Table.from_batches([old]), new]).take(index)


def _numbers(count: int) -> pa.Array:
    """Return the numbers from 0 to below `count`, without numpy."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.indices_nonzero(pa.repeat(True, count))


def joint_schema(old: pa.Schema, new: pa.Schema) -> pa.Schema:
    """Return the columns of `old`, with their types, and after them those that only `new` has."""
    import pyarrow as pa
    from pyarrow import types as is_

    fields, before, after = [], set(old.names), set(new.names)
    for field in old:
        other = new.field(field.name) if field.name in after else None
        fields.append(pa.field(field.name, other.type) if other is not None and is_.is_null(field.type) else field)
    return pa.schema([*fields, *(field for field in new if field.name not in before)])


def fitted(data: pa.Table | pa.RecordBatch, schema: pa.Schema) -> list[pa.RecordBatch]:
    """Return the data with the columns of `schema`; SchemaError for a value that its type cannot hold."""
    import pyarrow as pa

    columns: list[Any] = []
    known = set(data.schema.names)
    for field in schema:
        if field.name not in known:
            columns.append(pa.nulls(data.num_rows, field.type))
            continue
        column = data.column(field.name)
        try:
            columns.append(column if column.type.equals(field.type) else column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise SchemaError(
                f"column {field.name!r} has the type {column.type}, and {field.type} in the current revision: {error}; "
                "give the data the type of the revision, or capture all of it anew",
                cause=error,
            ) from error
    batches: list[pa.RecordBatch] = pa.table(columns, schema=schema).combine_chunks().to_batches()
    return batches
