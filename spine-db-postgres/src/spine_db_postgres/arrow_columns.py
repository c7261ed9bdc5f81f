"""Arrow types of PostgreSQL's types."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from psycopg import Column
from psycopg.postgres import types

from spine.core.adapters.database import ArrowColumn
from spine.core.tables import require_arrow

_MOST_DIGITS = 76  # of Arrow's widest decimal


def arrow_column(column: Column) -> ArrowColumn:
    """Return the Arrow type of a column; for arrays and types that are not listed here, the values decide."""
    digits, scale = column.precision, column.scale
    if column.type_code == types["numeric"].oid and digits is not None and scale is not None:
        pa = require_arrow("Reading an Arrow table")
        if 0 <= scale <= digits <= _MOST_DIGITS:
            return ArrowColumn(pa.decimal128(digits, scale) if digits <= 38 else pa.decimal256(digits, scale))
    return _known().get(column.type_code, ArrowColumn())


def arrow_columns(description: Sequence[Any]) -> list[ArrowColumn]:
    """Return the Arrow types of the columns of psycopg's description."""
    return [arrow_column(column) for column in description]


@lru_cache
def _known() -> dict[int, ArrowColumn]:
    pa = require_arrow("Reading an Arrow table")
    text = ArrowColumn(pa.string())
    as_json = ArrowColumn(pa.string(), lambda value: json.dumps(value, ensure_ascii=False))
    as_str = ArrowColumn(pa.string(), str)
    named: dict[str, ArrowColumn] = {
        "bool": ArrowColumn(pa.bool_()),
        "int2": ArrowColumn(pa.int16()),
        "int4": ArrowColumn(pa.int32()),
        "int8": ArrowColumn(pa.int64()),
        "float4": ArrowColumn(pa.float32()),
        "float8": ArrowColumn(pa.float64()),
        "text": text,
        "varchar": text,
        "bpchar": text,
        "name": text,
        "json": as_json,
        "jsonb": as_json,
        "uuid": as_str,
        "inet": as_str,
        "cidr": as_str,
        "bytea": ArrowColumn(pa.binary(), bytes),
        "date": ArrowColumn(pa.date32()),
        "time": ArrowColumn(pa.time64("us")),
        "timestamp": ArrowColumn(pa.timestamp("us")),
        "timestamptz": ArrowColumn(pa.timestamp("us", "UTC")),
    }
    return {types[name].oid: column for name, column in named.items()}
