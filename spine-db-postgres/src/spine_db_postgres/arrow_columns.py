"""Arrow types of PostgreSQL's types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

from psycopg import Column
from psycopg.postgres import types

from spine.core.adapters.database import ArrowColumn
from spine.core.tables import require_arrow

_MOST_DIGITS = 76  # of Arrow's widest decimal


def arrow_column(column: Column) -> ArrowColumn:
    """Return the Arrow type of a column: text for a type that Arrow does not have, read by `read_as_text`.

    For a numeric without a stated precision, the values decide.
    """
    digits, scale = column.precision, column.scale
    if column.type_code == types["numeric"].oid and digits is not None and scale is not None:
        pa = require_arrow("Reading an Arrow table")
        if 0 <= scale <= digits <= _MOST_DIGITS:
            return ArrowColumn(pa.decimal128(digits, scale) if digits <= 38 else pa.decimal256(digits, scale))
    return _known().get(column.type_code) or ArrowColumn(require_arrow("Reading an Arrow table").string())


def arrow_columns(description: Sequence[Any]) -> list[ArrowColumn]:
    """Return the Arrow types of the columns of psycopg's description."""
    return [arrow_column(column) for column in description]


@lru_cache
def _known() -> dict[int, ArrowColumn]:
    pa = require_arrow("Reading an Arrow table")
    named: dict[str, ArrowColumn] = {
        "bool": ArrowColumn(pa.bool_()),
        "int2": ArrowColumn(pa.int16()),
        "int4": ArrowColumn(pa.int32()),
        "int8": ArrowColumn(pa.int64()),
        "float4": ArrowColumn(pa.float32()),
        "float8": ArrowColumn(pa.float64()),
        "oid": ArrowColumn(pa.uint32()),
        "bytea": ArrowColumn(pa.binary(), bytes),
        "date": ArrowColumn(pa.date32()),
        "time": ArrowColumn(pa.time64("us")),
        "timestamp": ArrowColumn(pa.timestamp("us")),
        "timestamptz": ArrowColumn(pa.timestamp("us", "UTC")),
        "interval": ArrowColumn(pa.duration("us")),
        "numeric": ArrowColumn(),
    }
    known = {types[name].oid: column for name, column in named.items()}
    for info in types:
        element = known.get(info.oid, ArrowColumn(pa.string()))
        if info.array_oid and element.type is not None:
            known[info.array_oid] = ArrowColumn(pa.list_(element.type), element.convert and partial(_each, bytes))
    known[types["numeric"].array_oid] = ArrowColumn()
    return known


def _each(convert: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    return [None if value is None else convert(value) for value in values]
