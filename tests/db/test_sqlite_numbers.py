"""Numbers that a column of SQLite would round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.adapters.database import SQLiteAdapter
from spine.core.errors import QueryError

Write = Callable[[SQLiteAdapter, list[dict[str, Any]]], Any]

WAYS: dict[str, Write] = {
    "insert_many": lambda database, rows: database.insert_many("t", rows),
    "upsert": lambda database, rows: database.upsert("t", rows, key="id"),
    "bulk_load": lambda database, rows: database.bulk_load("t", rows),
}


@pytest.fixture(params=WAYS)
def write(request: pytest.FixtureRequest) -> Write:
    return WAYS[request.param]


@pytest.fixture
def numbers() -> Iterator[SQLiteAdapter]:
    with SQLiteAdapter() as adapter:
        adapter.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, i BIGINT, r DOUBLE, n DECIMAL(20, 2), t TEXT, b)")
        yield adapter


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("i", 2**63 + 1),
        ("i", Decimal(2**63 + 1)),
        ("i", "9223372036854775809"),
        ("n", Decimal("12345678901234567.89")),
        ("n", "12345678901234567.89"),
        ("r", 2**53 + 1),
        ("r", Decimal("0.12345678901234567890")),
    ],
)
def test_a_number_that_its_column_would_round_is_refused_by_row_and_column(
    numbers: SQLiteAdapter, write: Write, column: str, value: Any
) -> None:
    with pytest.raises(QueryError, match=rf"row 2 for t: {column} ") as caught:
        write(numbers, [{"id": 1, column: value and type(value)(1)}, {"id": 2, column: value}])
    assert "123456789" not in str(caught.value)
    assert numbers.query("SELECT * FROM t") == []


@pytest.mark.parametrize(
    ("column", "value", "stored"),
    [
        ("i", 2**63 - 1, 2**63 - 1),
        ("i", Decimal("9223372036854775807"), 2**63 - 1),
        ("n", Decimal("0.1"), 0.1),
        ("n", "12345678901234567", 12345678901234567),
        ("r", 2**60, float(2**60)),
        ("r", "0.30000000000000004", 0.30000000000000004),
        ("t", Decimal("12345678901234567.89"), "12345678901234567.89"),
        ("b", "12345678901234567.89", "12345678901234567.89"),
        ("n", "a text that is no number", "a text that is no number"),
    ],
)
def test_a_number_that_its_column_keeps_is_stored(
    numbers: SQLiteAdapter, write: Write, column: str, value: Any, stored: Any
) -> None:
    write(numbers, [{"id": 1, column: value}])
    assert numbers.query(f"SELECT {column} AS v FROM t") == [{"v": stored}]


@pytest.mark.parametrize("write", [WAYS["insert_many"], WAYS["upsert"]])
def test_an_integer_beyond_64_bits_is_refused_by_row_and_column_whatever_the_type(
    numbers: SQLiteAdapter, write: Write
) -> None:
    with pytest.raises(QueryError, match="row 1 for t: t is an integer of more than 64 bits"):
        write(numbers, [{"id": 1, "t": 2**64}])


@given(st.decimals(allow_nan=False, allow_infinity=False) | st.integers(), st.sampled_from("irn"))
def test_a_stored_number_equals_the_given_one(value: Decimal | int, column: str) -> None:
    with SQLiteAdapter() as adapter:
        adapter.execute("CREATE TABLE t (i INTEGER, r REAL, n NUMERIC)")
        try:
            adapter.insert("t", {column: value})
        except QueryError:
            return
        stored = adapter.query(f"SELECT {column} AS v FROM t")[0]["v"]
        assert value in (stored, Decimal(repr(stored)))
