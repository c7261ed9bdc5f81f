"""Values that psycopg would change on reading: read exactly, or refused."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg.abc import Buffer, Loader
from psycopg.postgres import types
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader

from spine.core.jsonvalue import exact_number

# what psycopg makes objects of that Arrow has no type for; PostgreSQL's own text is exact
_AS_TEXT = ("json", "jsonb", "timetz", "uuid", "inet", "cidr", "record")
_RANGES = [info.name for info in types if info.name.endswith("range")]
_INTERVAL = types["interval"].oid


class UnreadableValueError(psycopg.DataError):
    """A value that Python has no equal for."""


def prepare_connection(driver: psycopg.Connection[Any], _record: object = None) -> None:
    """Let a connection read the fractions of JSON with every digit, and refuse intervals of months."""
    set_json_loads(_load_json, driver)
    exact = driver.adapters.get_loader(_INTERVAL, psycopg.pq.Format.TEXT)
    assert exact is not None
    driver.adapters.register_loader(_INTERVAL, _without_months(exact))


def read_as_text(cursor: psycopg.Cursor[Any]) -> None:
    """Let a cursor read the types that Arrow does not have as PostgreSQL writes them."""
    for name in (*_AS_TEXT, *_RANGES):
        cursor.adapters.register_loader(name, TextLoader)


def unreadable_column(cursor: psycopg.Cursor[Any]) -> str | None:
    """Return the name of the first column of the fetched rows with a value that cannot be read."""
    result, description = cursor.pgresult, cursor.description
    if result is None or description is None:
        return None
    transformer = psycopg.adapt.Transformer(cursor)
    for position, column in enumerate(description):
        loader = transformer.get_loader(result.ftype(position), psycopg.pq.Format.TEXT)
        values = (result.get_value(row, position) for row in range(result.ntuples))
        if not all(_can_load(loader, value) for value in values if value is not None):
            return column.name
    return None


def _load_json(data: str | bytes) -> Any:
    return json.loads(data, parse_float=exact_number)


def _can_load(loader: Loader, value: Buffer) -> bool:
    try:
        loader.load(value)
    except (psycopg.DataError, ValueError):
        return False
    return True


def _without_months(exact: type[Loader]) -> type[Loader]:
    class IntervalLoader(psycopg.adapt.Loader):
        """Interval of a fixed length; a month, which psycopg takes for 30 days, has none."""

        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._exact = exact(oid, context)

        def load(self, data: Buffer) -> Any:
            text = bytes(data)
            if b"mon" in text or b"year" in text:
                raise UnreadableValueError("an interval of months or years has no fixed length")
            return self._exact.load(data)

    return IntervalLoader
