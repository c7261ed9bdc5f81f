"""Made-up rows for every table of the history: each column has hostile values, and once null where it may be."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Integer, Table, func, insert, select

from spine.db.adapter import DatabaseAdapter
from spine.storage.history import History
from spine.storage.projects import owned_tables
from spine.storage.tables.complete import metadata
from spine.storage.tables.runs import runs
from spine.storage.types import AnyText, Json, JsonKey, UtcDateTime
from tests.storage.records import NOW

TEXT = "a\0b \U0001f600 \x1b[31m \u202e é ' \" \\x00 % : \\ \r\n NULL"
VALUE = {
    "z": [1, 1.0, True, 1e22, -0.0, 12345678901234567890, None],
    "a": {"id": "007", "nul\0": "\0", "half": "\ud800", "emoji": "\U0001f600", "": {}, "'": []},
}


def make_up(history: History, count: int = 3) -> None:
    """Store `count` rows of each table for the project; those of a run have one that sorts after it as its parent."""
    with history.engine.begin() as connection:
        for table in metadata.sorted_tables:
            rows = [_row(table, history.project, number, count) for number in range(count)]
            if table is runs:
                rows.reverse()  # parents first
            connection.execute(insert(table), rows)


def rows_of(adapter: DatabaseAdapter) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of all tables, sorted by their keys; the names in a JsonKey have no order."""
    found = {}
    with adapter.reader.connect() as connection:
        for table in metadata.sorted_tables:
            rows = [dict(row) for row in connection.execute(select(table)).mappings()]
            for column in table.c:
                if isinstance(column.type, JsonKey):
                    rows = [{**row, column.name: dict(sorted(row[column.name].items()))} for row in rows]
            keys = [column.name for column in table.primary_key]
            found[table.name] = sorted(rows, key=lambda row, keys=keys: [row[key] for key in keys])  # type: ignore[misc]
    return found


def counts_of(history: History) -> dict[str, int]:
    """Return the number of the project's rows in each table that has its name."""
    with history.reader.connect() as connection:
        return {
            table.name: connection.execute(
                select(func.count()).select_from(table).where(history.own(table))
            ).scalar_one()
            for table in owned_tables()
        }


def _row(table: Table, project: str, number: int, count: int) -> dict[str, Any]:
    return {
        column.name: _value(column, project, number, count)
        for column in table.c
        if not (column.primary_key and isinstance(column.type, (Integer, BigInteger)) and column.autoincrement is True)
    }


def _value(column: Column[Any], project: str, number: int, count: int) -> Any:
    if column.name == "project":
        return project
    if column.nullable and number == 0:
        return None
    if column.name == "parent_run_id":
        return f"{project}-run_id-{number + 1}" if number + 1 < count else None
    if column.foreign_keys:
        [key] = column.foreign_keys
        return f"{project}-{key.column.name}-{number}"
    return _of_type(column, project, number)


def _of_type(column: Column[Any], project: str, number: int) -> Any:
    kind = column.type
    if isinstance(kind, JsonKey):
        return {"week": f"2025-{number}", "n": number, "é": "\U0001f600"}
    if isinstance(kind, Json):
        return {**VALUE, "n": number}
    if isinstance(kind, UtcDateTime):
        return NOW + timedelta(microseconds=number)
    if isinstance(kind, AnyText):
        return f"{project}{number}{TEXT}"
    values: dict[type, Any] = {Boolean: number % 2 == 0, BigInteger: 2**40 + number, Float: number + 0.1}
    values |= {Integer: number + 1, Date: date(2025, 12, 15)}
    found = [value for type_, value in values.items() if isinstance(kind, type_)]
    return found[0] if found else _name(column, project, number)


def _name(column: Column[Any], project: str, number: int) -> str:
    """Return a text that the column holds; the sizes of names differ from 8 characters up."""
    text = f"{project}-{column.name}-{number}"
    return text if (column.type.length or len(text)) >= len(text) else f"{number}-{project}"[: column.type.length]  # type: ignore[attr-defined]
