"""Nested values of rows: alike by every way into a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import ValidationError

Write = Callable[[DatabaseAdapter, dict[str, Any]], Any]

WAYS: dict[str, Write] = {
    "insert": lambda database, row: database.insert("t", row),
    "insert_many": lambda database, row: database.insert_many("t", [row]),
    "upsert": lambda database, row: database.upsert("t", [row], key="id"),
    "bulk_load": lambda database, row: database.bulk_load("t", [row]),
}


@pytest.fixture(params=WAYS)
def write(request: pytest.FixtureRequest) -> Write:
    return WAYS[request.param]


def test_objects_and_lists_become_json_text(database: DatabaseAdapter, write: Write) -> None:
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, doc TEXT, tags TEXT)")
    write(database, {"id": 1, "doc": {"day": date(2026, 1, 2), "ü": None}, "tags": [1, "x", {"a": 1.5}]})
    write(database, {"id": 2, "doc": {}, "tags": []})
    found = database.query("SELECT doc, tags FROM t ORDER BY id")
    assert [json.loads(row["doc"]) for row in found] == [{"day": "2026-01-02", "ü": None}, {}]
    assert [row["tags"] for row in found] == ['[1, "x", {"a": 1.5}]', "[]"]


def test_a_nested_value_without_json_is_refused_by_row_and_place(database: DatabaseAdapter, write: Write) -> None:
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, doc TEXT)")
    with pytest.raises(ValidationError, match=r"row 1 for t, doc\.a is nan, which JSON cannot hold"):
        write(database, {"id": 1, "doc": {"a": float("nan")}})
    assert database.query("SELECT * FROM t") == []


def test_rows_of_a_bulk_load_keep_their_own_keys(database: DatabaseAdapter) -> None:
    """Arrow would give every object the keys of all others, and refuse a key with values of two types."""
    database.bulk_load("t", [{"doc": {"a": 1}}, {"doc": {"b": "x"}}, {"doc": {"a": "y"}}], create=True)
    assert [row["doc"] for row in database.query("SELECT doc FROM t")] == ['{"a": 1}', '{"b": "x"}', '{"a": "y"}']
