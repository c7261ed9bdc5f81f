"""The columns of a table as kinds of JSON values, for the description of what commands print."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Float, Integer
from sqlalchemy.types import TypeEngine

from spine.storage.tables.complete import metadata
from spine.storage.types import Json, JsonKey, UtcDateTime

# the first that fits
_KINDS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (UtcDateTime, "time"),
    (JsonKey, "object"),
    (Json, "any"),
    (Boolean, "boolean"),
    (Integer, "integer"),
    (BigInteger, "integer"),
    (Float, "number"),
)


def column_kinds(table: str) -> dict[str, str]:
    """Return the kind of each column of a table, such as `text`; one that may be null ends with `?`."""
    columns = metadata.tables[table].columns
    return {column.name: _kind(column.type) + "?" * bool(column.nullable) for column in columns}


def _kind(column: TypeEngine[Any]) -> str:
    return next((kind for cls, kind in _KINDS if isinstance(column, cls)), "text")
