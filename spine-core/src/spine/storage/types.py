"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from spine.core.errors import StorageError
from spine.core.hashing import canonical_json
from spine.core.names import check_text
from spine.db.engine import location_of

Row = TypeVar("Row")
Made = TypeVar("Made")

_SHOWN = 60
_AT_ONCE = 400  # values in one condition; SQLite allows a statement 32,766 of them
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class DamagedHistoryError(StorageError):
    """A value in the history is none that Spine writes, as after a fault of the disk or a change by hand."""


def in_parts(values: Collection[str]) -> Iterator[list[str]]:
    """Yield the values, sorted, as many at a time as one condition of a statement may list."""
    listed = sorted(values)
    return (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))


def of_row(make: Callable[[Row], Made]) -> Callable[[Row], Made]:
    """Let a function that makes a record of a row raise a DamagedHistoryError for values that no record has."""

    @wraps(make)
    def checked(row: Row) -> Made:
        try:
            return make(row)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            what = f"{make.__name__.strip('_').removesuffix('_of')}: {type(error).__name__}: {str(error)[:_SHOWN]}"
            raise _damaged("the history", f"a row is damaged ({what})", error) from error

    return checked


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC: `timestamptz` on PostgreSQL; on SQLite ISO 8601 text of one width, so that it sorts."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        native = dialect.name == "postgresql"
        return dialect.type_descriptor(DateTime(timezone=True) if native else String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time in the history must be timezone-aware: {value!r}")
        if value.tzinfo is not UTC:
            value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if isinstance(value, str):
            value = _decoded(datetime.fromisoformat, value, "a time", dialect)
        if not isinstance(value, datetime):
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """A JSON value, read back as written: keys in their order, 1e22 a float, U+0000 in a text.

    Text on SQLite; `json` on PostgreSQL, since `jsonb` keeps none of these. It cannot be compared: see JsonKey.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(Text())
        from sqlalchemy.dialects.postgresql import JSON  # imports every driver's dialect: not on SQLite

        return dialect.type_descriptor(JSON(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return "{}" if value == {} else _encode(value)

    def driver_text(self, value: Any) -> str:
        """Return a value as text, which each of the drivers takes; see DriverStatement."""
        return "{}" if value == {} else _encode(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if isinstance(value, str) and dialect.name != "postgresql":
            return _decoded(json.loads, value, "JSON", dialect)
        return value


class JsonKey(Json):
    """A JSON object as a search key: `jsonb` on PostgreSQL, canonical text on SQLite."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(Text())
        from sqlalchemy.dialects.postgresql import JSONB

        return dialect.type_descriptor(JSONB(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return canonical_json(value)

    def driver_text(self, value: Any) -> str:
        return canonical_json(value)


class _CheckedText(ABC, TypeDecorator[str]):
    """Text that `driver_text` checks or changes before it is stored."""

    impl = String
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.driver_text(value)

    @abstractmethod
    def driver_text(self, value: str) -> str:
        """Return the text as it is stored; see DriverStatement."""


class Name(_CheckedText):
    """Name or id of at most `length` characters, refused by ValidationError on every database if it is longer.

    SQLite would keep it, and PostgreSQL fail; also NUL and halves of surrogate pairs are refused.
    """

    cache_ok = True
    length: int

    def driver_text(self, value: str) -> str:
        if value:
            check_text(value, "the text", max_length=self.length)
        return value


class ShortText(_CheckedText):
    """Text from outside of which the first `length` characters are kept, such as the name of an error's class."""

    cache_ok = True
    length: int

    def driver_text(self, value: str) -> str:
        text = _storable(value)
        return text if len(text) <= self.length else f"{text[: self.length - 1]}…"


class AnyText(_CheckedText):
    """Text from outside, such as an error's; characters that a database may refuse are written as escapes."""

    impl = Text
    cache_ok = True

    def driver_text(self, value: str) -> str:
        return _storable(value)


def _decoded(decode: Callable[[str], Any], value: str, kind: str, dialect: Dialect) -> Any:
    try:
        return decode(value)
    except (ValueError, RecursionError) as error:  # RecursionError: of JSON that is nested too deeply
        where = location_of(dialect) or "the history"
        raise _damaged(where, f"a value is damaged, {value[:_SHOWN]!r} is not {kind}", error) from error


def _damaged(where: str, what: str, cause: Exception) -> DamagedHistoryError:
    from spine.core.kept_text import kept_text  # only a damaged database needs it

    remedy = "run spine db check, and restore the database from a backup"
    return DamagedHistoryError(f"{where}: {kept_text(what)}: {remedy}", cause=cause)


def _storable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
