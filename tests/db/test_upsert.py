"""`upsert`: rows replace those with the same key."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier
from typing import Any

import pyarrow as pa
import pytest

from spine.core.adapters.database import DatabaseAdapter, SQLiteAdapter
from spine.core.errors import IntegrityError, QueryError
from spine.db.insert_statements import in_key_order


@pytest.fixture
def prices(database: DatabaseAdapter) -> DatabaseAdapter:
    database.execute(
        "CREATE TABLE prices (symbol TEXT, week DATE, price DOUBLE PRECISION, note TEXT DEFAULT 'none', "
        "PRIMARY KEY (symbol, week))"
    )
    database.execute("CREATE TABLE names (symbol TEXT PRIMARY KEY, name TEXT UNIQUE, n INTEGER NOT NULL DEFAULT 0)")
    return database


def test_a_new_row_is_inserted_and_a_known_one_updated(prices: DatabaseAdapter) -> None:
    prices.insert("names", {"symbol": "A", "name": "old", "n": 7})
    assert prices.upsert("names", [{"symbol": "A", "name": "new"}, {"symbol": "B", "name": "B Corp"}], "symbol") == 2
    assert prices.query("SELECT * FROM names ORDER BY symbol") == [
        {"symbol": "A", "name": "new", "n": 7},
        {"symbol": "B", "name": "B Corp", "n": 0},
    ]


def test_a_key_of_several_columns(prices: DatabaseAdapter) -> None:
    rows = [{"symbol": "A", "week": f"2026-01-0{day}", "price": float(day)} for day in (2, 9)]
    key = ["symbol", "week"]
    assert prices.upsert("prices", rows, key) == 2
    assert prices.upsert("prices", [{**rows[0], "price": None}], key) == 1
    assert [row["price"] for row in prices.query("SELECT price FROM prices ORDER BY week")] == [None, 9.0]


def test_of_rows_with_the_same_key_the_last_one_stays(prices: DatabaseAdapter) -> None:
    rows = [{"symbol": "A", "name": "first", "n": 1}, {"symbol": "A", "name": "last", "n": 2}]
    assert prices.upsert("names", iter(rows), "symbol") == 2
    assert prices.query("SELECT name, n FROM names") == [{"name": "last", "n": 2}]


def test_rows_of_nothing_but_their_key_are_inserted_once(prices: DatabaseAdapter) -> None:
    prices.insert("names", {"symbol": "A", "name": "kept"})
    assert prices.upsert("names", [{"symbol": "A"}, {"symbol": "B"}], "symbol") == 2
    found = prices.query("SELECT symbol, name FROM names ORDER BY symbol")
    assert found == [{"symbol": "A", "name": "kept"}, {"symbol": "B", "name": None}]


def test_rows_may_be_an_arrow_table_and_none_are_nothing(prices: DatabaseAdapter) -> None:
    assert prices.upsert("names", pa.table({"symbol": ["A", "B"], "n": [1, 2]}), "symbol") == 2
    assert prices.upsert("names", [], "symbol") == 0
    assert prices.query_one("SELECT sum(n) AS n FROM names") == {"n": 3}


def test_another_constraint_is_an_error_and_nothing_is_stored(prices: DatabaseAdapter) -> None:
    rows = [{"symbol": "A", "name": "same"}, {"symbol": "B", "name": "same"}]
    with pytest.raises(IntegrityError):
        prices.upsert("names", rows, "symbol")
    assert prices.query("SELECT * FROM names") == []


def test_a_key_without_a_unique_index_is_an_error(prices: DatabaseAdapter) -> None:
    with pytest.raises(QueryError, match="ON CONFLICT"):
        prices.upsert("names", [{"symbol": "A", "n": 1}], "n")


@pytest.mark.parametrize("value", [None, float("nan"), Decimal("NaN")])
def test_a_key_without_a_value_is_refused_by_row_and_column(prices: DatabaseAdapter, value: Any) -> None:
    rows = [{"symbol": "A", "week": "2026-01-02"}, {"symbol": value, "week": "2026-01-09"}]
    with pytest.raises(QueryError, match="row 2 for prices has no value in symbol, which the key names"):
        prices.upsert("prices", rows, ["symbol", "week"])
    assert prices.query("SELECT * FROM prices") == []


@pytest.mark.parametrize(
    ("rows", "key", "message"),
    [
        ([{"symbol": "A"}], [], "the upsert into names needs a key"),
        ([{"symbol": "A"}], "name", "the rows for names lack name, which the key names"),
        ([{"symbol": "A"}, {"name": "B"}], "symbol", "row 2 for names lacks symbol and has name besides"),
        ([{"": "A"}], "", "cannot be the name"),
    ],
)
def test_rows_and_keys_that_do_not_fit_are_refused(
    prices: DatabaseAdapter, rows: Iterable[dict[str, Any]], key: str | list[str], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        prices.upsert("names", rows, key)


def test_a_dialect_without_upsert_says_so() -> None:
    class Plain(SQLiteAdapter):
        conflict_insert = DatabaseAdapter.conflict_insert

    with pytest.raises(QueryError, match="SQLite database in memory: Plain offers no upsert"):
        Plain().upsert("names", [{"symbol": "A"}], "symbol")


def test_two_transactions_that_upsert_the_same_rows_in_other_orders_do_not_deadlock(prices: DatabaseAdapter) -> None:
    rows = [{"symbol": f"{number:03}", "n": number} for number in range(300)]
    started = Barrier(2)

    def write(given: list[dict[str, Any]]) -> int:
        started.wait()
        return sum(prices.upsert("names", given, "symbol") for _ in range(5))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(write, [rows, rows[::-1]])) == [1500, 1500]
    assert prices.query_one("SELECT count(*) AS n FROM names") == {"n": 300}


@pytest.mark.parametrize("column", ["n", "symbol"])
def test_keys_of_any_types_can_be_ordered(column: str) -> None:
    values = [None, 2, 1.5, Decimal("1.25"), float("nan"), Decimal("NaN"), "b", b"a", date(2026, 1, 2), True]
    rows = [{column: value} for value in values]
    ordered = in_key_order(rows, [column])
    assert in_key_order(rows[::-1], [column]) == ordered
    assert len(ordered) == len(values)
