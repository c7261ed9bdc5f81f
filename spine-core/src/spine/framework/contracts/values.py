"""Columns and bounds in comparable forms."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_BEYOND = Decimal(10) ** 80  # beyond every decimal of Arrow


def decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column without dictionaries, run lengths, views and extension types, which few kernels compare."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types as is_

    kind = column.type
    if is_.is_dictionary(kind):
        return decoded(pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], kind.value_type))
    if is_.is_run_end_encoded(kind):
        return decoded(pa.chunked_array([pc.run_end_decode(chunk) for chunk in column.chunks], kind.value_type))
    if isinstance(kind, pa.BaseExtensionType):
        return decoded(pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type))
    plain = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary(), pa.float16(): pa.float32()}
    return column.cast(plain[kind]) if kind in plain else column


def as_comparable(column: pa.ChunkedArray, bound: Any, *, is_least: bool) -> tuple[pa.ChunkedArray, pa.Scalar]:
    """Return a column and a bound of it in one type, without loss; an error of Arrow or Python if there is none."""
    import pyarrow as pa
    from pyarrow import types as is_

    kind, is_number = column.type, isinstance(bound, int | float | Decimal)
    if is_.is_integer(kind) and is_number:
        whole = math.ceil(bound) if is_least else math.floor(bound)
        if is_.is_uint64(kind) or not -(2**63) <= whole < 2**63:
            return column.cast(pa.decimal128(20, 0)), _limited(whole)
        return column.cast(pa.int64()), pa.scalar(whole, pa.int64())
    if is_.is_decimal(kind) and is_number:
        return column, _decimal_bound(bound, kind, is_least=is_least)
    if is_.is_floating(kind) and is_number:
        return column, pa.scalar(float(bound), kind)
    return column, pa.scalar(value_of(bound, kind), kind)


def value_of(value: Any, kind: pa.DataType) -> Any:
    """Return a value of a contract as one of a column of that type: a date is its midnight, a time without zone UTC."""
    from pyarrow import types as is_

    if is_.is_decimal(kind) and isinstance(value, int | float):
        return Decimal(str(value))
    if not is_.is_timestamp(kind) or not isinstance(value, date):
        return value
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    if kind.tz is None:
        return moment
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def in_one_type(one: pa.ChunkedArray, other: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Return two columns in the type of one of them, without loss; ArrowInvalid if neither holds both."""
    import pyarrow as pa

    if one.type == other.type:
        return one, other
    try:
        return one, other.cast(one.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return one.cast(other.type), other


def _decimal_bound(bound: Any, kind: pa.DataType, *, is_least: bool) -> pa.Scalar:
    """Return a bound as a decimal of the column's scale, rounded inwards, with one more digit where there is room."""
    import pyarrow as pa

    exact = max(min(Decimal(str(bound)), _BEYOND), -_BEYOND)
    wide = pa.decimal128(kind.precision + 1, kind.scale) if kind.precision < 38 else pa.decimal256(76, kind.scale)
    with localcontext(prec=1_000):
        unit = Decimal(1).scaleb(-kind.scale)
        rounded = exact.quantize(unit, ROUND_CEILING if is_least else ROUND_FLOOR)
        most = Decimal(10).scaleb(wide.precision - kind.scale - 1) - unit
        return pa.scalar(max(min(rounded, most), -most), wide)


def _limited(number: int) -> pa.Scalar:
    """Return an integer as a decimal of 20 digits, which hold every integer of 64 bits and the next one."""
    import pyarrow as pa

    return pa.scalar(Decimal(max(min(number, 10**20 - 1), 1 - 10**20)), pa.decimal128(20, 0))
