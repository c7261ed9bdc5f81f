"""Lists as the texts of PostgreSQL's arrays."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

import sqlalchemy
from sqlalchemy import TableClause

from spine.core.jsonvalue import to_json_value

_ARRAYS = """
    SELECT attname FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND typcategory = 'A'
"""


def array_writers(connection: sqlalchemy.Connection, table: TableClause) -> Mapping[str, Callable[[Any], str]]:
    """Return the writer of lists for each column of `table` that is an array; none for a table that does not exist."""
    name = connection.dialect.identifier_preparer.format_table(table).replace("%%", "%")
    rows = connection.exec_driver_sql(_ARRAYS, (name,)).all()
    return {row[0]: array_text for row in rows}


def array_text(value: Any) -> str:
    """Return a list, with lists in it where it has more dimensions, as the text that PostgreSQL reads as an array."""
    return "{" + ",".join(map(_element, value)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (list, tuple)):
        return array_text(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    escaped = _text(value).replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(to_json_value(value, "an array's element"), ensure_ascii=False)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return rf"\x{bytes(value).hex()}"
    return value.isoformat() if isinstance(value, (date, time)) else str(value)
