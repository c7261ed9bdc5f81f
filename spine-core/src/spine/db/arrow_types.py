"""Arrow types, mapped to those that every database stores and to the types of new columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Text,
    Time,
)
from sqlalchemy.types import TypeEngine

from spine.core.errors import ValidationError
from spine.core.tables import require_arrow
from spine.db.nested_values import ListWriters, json_text

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMN_TYPES: dict[str, type[TypeEngine[Any]]] = {
    "null": Text,
    "bool": Boolean,
    "int8": SmallInteger,
    "int16": SmallInteger,
    "int32": Integer,
    "int64": BigInteger,
    "uint8": SmallInteger,
    "uint16": Integer,
    "uint32": BigInteger,
    "float": REAL,
    "double": Double,
    "string": Text,
    "large_string": Text,
    "binary": LargeBinary,
    "large_binary": LargeBinary,
    "date32[day]": Date,
    "time64[us]": Time,
}


def column_type(kind: pa.DataType) -> TypeEngine[Any]:
    """Return the type of a new column for a type that `storable` returns."""
    pa = require_arrow("Loading a table")
    if pa.types.is_timestamp(kind):
        return DateTime(timezone=kind.tz is not None)
    if pa.types.is_decimal(kind):
        return Numeric(kind.precision, kind.scale)
    return _COLUMN_TYPES[str(kind)]()


def storable(batch: pa.RecordBatch, writers: ListWriters) -> pa.RecordBatch:
    """Return a batch whose columns have only types that every database can store in some way.

    Dictionaries are decoded; lists become what `writers` write for their column, else JSON text, as structs and maps
    do, UUIDs text, unsigned 64-bit integers decimals;
    times and timestamps are cut to microseconds, those with a zone given in UTC. Durations and intervals are a
    ValidationError.
    """
    pa = require_arrow("Loading a table")
    names = batch.schema.names
    columns = [_storable(pa, name, column, writers) for name, column in zip(names, batch.columns, strict=True)]
    return pa.record_batch(columns, names=names)


def _storable(pa: Any, name: str, column: pa.Array, writers: ListWriters) -> pa.Array:
    kind, types = column.type, pa.types
    if types.is_dictionary(kind):
        return _storable(pa, name, column.dictionary_decode(), writers)
    if types.is_run_end_encoded(kind):
        compute = require_arrow("Loading a table", "pyarrow.compute")
        return _storable(pa, name, compute.run_end_decode(column), writers)
    if isinstance(kind, pa.BaseExtensionType):
        if kind == pa.uuid():
            return _as_text(pa, column, str)
        return _storable(pa, name, column.storage, writers)
    if types.is_nested(kind) and not types.is_union(kind):
        write = writers().get(name) if _is_list(types, kind) else None
        return _as_text(pa, column, write or partial(json_text, where=name))
    wanted = _storable_type(pa, kind)
    if wanted is None:
        raise ValidationError(f"column {name!r} is of the Arrow type {kind}: cast it to one that databases have")
    return column if wanted == kind else column.cast(wanted, safe=False)


def _is_list(types: Any, kind: pa.DataType) -> bool:
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _storable_type(pa: Any, kind: pa.DataType) -> pa.DataType | None:
    """Return the type that a flat column is cast to, its own if it can stay; None if there is none."""
    types = pa.types
    if types.is_timestamp(kind):
        return pa.timestamp("us", None if kind.tz is None else "UTC")
    if types.is_decimal(kind) or str(kind) in _COLUMN_TYPES:
        return kind
    replaced: list[tuple[Callable[[Any], bool], pa.DataType]] = [
        (types.is_uint64, pa.decimal128(20)),
        (types.is_float16, pa.float32()),
        (types.is_date64, pa.date32()),
        (types.is_time, pa.time64("us")),
        (types.is_fixed_size_binary, pa.binary()),
        (types.is_binary_view, pa.binary()),
        (types.is_string_view, pa.string()),
    ]
    return next((wanted for applies, wanted in replaced if applies(kind)), None)


def _as_text(pa: Any, column: pa.Array, write: Callable[[Any], str]) -> pa.Array:
    values = column.to_pylist(maps_as_pydicts="strict")
    return pa.array([None if value is None else write(value) for value in values], pa.string())
