"""Kinds of columns, and the conversion of data for a column that keeps every value of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import types as sql
from sqlalchemy.types import TypeEngine

from spine.core.errors import SchemaError
from spine.core.tables import require_arrow
from spine.db.connection import Connection
from spine.db.dialect import Dialect

if TYPE_CHECKING:
    import pyarrow as pa

Convert = Callable[[Any], Any]  # of an Arrow array

ANY = "any"  # a column without a declared type
_OTHER = "other"  # a type that Arrow does not have, written as text

_COLUMN_KINDS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (  # the first that fits: a Float is a Numeric, too
    (sql.NullType, ANY),
    (sql.Enum, _OTHER),
    (sql.Boolean, "boolean"),
    (sql.Integer, "integer"),
    (sql.Float, "float"),
    (sql.Numeric, "decimal"),
    (sql.String, "text"),
    (sql.LargeBinary, "binary"),
    (sql.Date, "date"),
    (sql.DateTime, "timestamp"),
    (sql.Time, "time"),
)
_ZONED = "timestamp with time zone"
_TAKEN_BY: Mapping[str, frozenset[str]] = {
    "integer": frozenset(("decimal", "float")),
    "text": frozenset((_OTHER,)),
}
_LONGEST_DECIMAL = 38
_TRAILING_ZEROS = (r"\.0+$", r"(\.[0-9]*[1-9])0+$")


def kind_of_column(column: TypeEngine[Any]) -> str:
    """Return the kind of a column's type; that of a domain is the kind of the type behind it."""
    behind = getattr(column, "data_type", None)
    if isinstance(behind, TypeEngine):
        return kind_of_column(behind)
    kind = next((kind for cls, kind in _COLUMN_KINDS if isinstance(column, cls)), _OTHER)
    return _ZONED if kind == "timestamp" and getattr(column, "timezone", False) else kind


def kind_of_data(data: pa.DataType) -> str:
    """Return the kind of a type that `arrow_types.storable` returns."""
    from spine.db.arrow_types import column_type

    return kind_of_column(column_type(data))


def widened(dialect: Dialect, data: pa.DataType) -> TypeEngine[Any]:
    """Return the type of a new column: the widest of its kind, as the next load may have larger values."""
    pa = require_arrow("A load")
    if pa.types.is_integer(data):
        return dialect.column_type(pa.int64())
    if pa.types.is_floating(data):
        return dialect.column_type(pa.float64())
    return dialect.exact_type(data) if pa.types.is_decimal(data) else dialect.column_type(data)


def conversion(
    dialect: Dialect, connection: Connection, table: str, name: str, data: pa.DataType, column: TypeEngine[Any]
) -> Convert | None:
    """Return what makes values of a type that is stored those of a column, None if they stay as they are.

    Raises SchemaError, with the table, the column and both types, if the column could not keep them.
    """
    pa = require_arrow("A load")
    if pa.types.is_null(data):
        return None
    given, kept = kind_of_data(data), kind_of_column(column)
    if not _takes(dialect, connection, data, given, column, kept):
        raise SchemaError(
            f"column {name!r} of table {table!r} is {_text(column, connection)}, the data has {data}: cast it in the "
            "data, or change the column",
            field=name,
        )
    if given == "integer" and kept == "float":
        return _cast(table, name, pa.float64())
    if given == "float" and kept == "float" and data != pa.float64():
        return _cast(table, name, pa.float64())
    if given == "decimal" and kept == "text":
        return _shortest_text
    scale = getattr(column, "scale", None)
    if given == "decimal" and scale is not None and 0 <= scale < data.scale <= _LONGEST_DECIMAL:
        return _cast(table, name, pa.decimal128(_LONGEST_DECIMAL, scale))
    return None


def arrow_type(data: pa.DataType | None, column: TypeEngine[Any] | None) -> pa.DataType:
    """Return the type of a single value of a column, that of the data where they have one."""
    pa = require_arrow("A load")
    if data is not None and not pa.types.is_null(data):
        return data
    known = {
        "boolean": pa.bool_(),
        "integer": pa.int64(),
        "float": pa.float64(),
        "decimal": pa.decimal128(_LONGEST_DECIMAL, getattr(column, "scale", None) or 0),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
        _ZONED: pa.timestamp("us", "UTC"),
    }
    return pa.string() if column is None else known.get(kind_of_column(column), pa.string())


def typed(text: str, data: pa.DataType, where: str) -> pa.Scalar:
    """Return a text as a value of a type; SchemaError if it is none."""
    pa = require_arrow("A load")
    try:
        value = Decimal(text) if pa.types.is_decimal(data) else text
        return pa.scalar(value, data) if isinstance(value, Decimal) else pa.scalar(text).cast(data)
    except (pa.ArrowException, ArithmeticError, ValueError) as error:
        raise SchemaError(f"{where} is {text!r:.80}, which is no {data}", cause=error) from error


def _takes(
    dialect: Dialect,
    connection: Connection,
    data: pa.DataType,
    given: str,
    column: TypeEngine[Any],
    kept: str,
) -> bool:
    """Return True if a column keeps every value of a type, or refuses it with an error."""
    if kept in (given, ANY) or kept in _TAKEN_BY.get(given, ()):
        return True
    if {given, kept} == {"timestamp", _ZONED}:
        return not dialect.tells_time_zones
    if "boolean" in (given, kept):
        is_number = {given, kept} <= {"boolean", "integer", "decimal"}
        return is_number and not connection.raw.dialect.supports_native_boolean
    if given == "float" and kept == "decimal":
        return getattr(column, "scale", None) is None
    return kept == kind_of_column(dialect.column_type(data))


def _text(column: TypeEngine[Any], connection: Connection) -> str:
    return column.compile(dialect=connection.raw.dialect)


def _cast(table: str, name: str, kind: pa.DataType) -> Convert:
    pa = require_arrow("A load")

    def cast(values: Any) -> Any:
        try:
            return values.cast(kind)
        except pa.ArrowInvalid as error:
            raise SchemaError(
                f"column {name!r} of table {table!r} would round a value of the data ({values.type} to {kind}): round "
                "it in the data, or change the column",
                field=name,
                cause=error,
            ) from error

    return cast


def _shortest_text(values: pa.Array) -> pa.Array:
    """Return decimals as texts that are equal if the numbers are: without zeros at the end of the fraction."""
    pa, compute = require_arrow("A load"), require_arrow("A load", "pyarrow.compute")
    texts = values.cast(pa.string())
    if compute.any(compute.match_substring(texts, "E")).as_py():
        exact = [None if value is None else f"{value:f}" for value in values.to_pylist()]
        return pa.array([text and _without_zeros(text) for text in exact], pa.string())
    whole = compute.replace_substring_regex(texts, _TRAILING_ZEROS[0], "")
    return compute.replace_substring_regex(whole, _TRAILING_ZEROS[1], r"\1")


def _without_zeros(text: str) -> str:
    return re.sub(_TRAILING_ZEROS[1], r"\1", re.sub(_TRAILING_ZEROS[0], "", text))
