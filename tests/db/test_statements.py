from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from spine.core.adapters.database import SQLiteAdapter
from spine.core.errors import IntegrityError, QueryError


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[SQLiteAdapter]:
    with SQLiteAdapter(tmp_path / "data.db") as adapter:
        adapter.execute("CREATE TABLE trades (id INTEGER PRIMARY KEY, symbol TEXT UNIQUE, price REAL DEFAULT 1.5)")
        yield adapter


def test_rows_are_tuples_found_by_index_and_by_name(adapter: SQLiteAdapter) -> None:
    with adapter.transaction() as conn:
        conn.execute("INSERT INTO trades (symbol) VALUES (?), (?)", ("NA", "007"))
        result = conn.execute("SELECT id, symbol FROM trades ORDER BY id")
        row = result.fetchone()
        assert row is not None
        assert row == (1, "NA")
        assert (row[0], row["symbol"], row.symbol, row[-1], row[:1]) == (1, "NA", "NA", "NA", (1,))
        assert dict(row) == {"id": 1, "symbol": "NA"}
        assert pickle.loads(pickle.dumps(row))["symbol"] == "NA"
        with pytest.raises(KeyError):
            row["nope"]
        assert not hasattr(row, "nope")
        assert [tuple(rest) for rest in result] == [(2, "007")]
        assert result.fetchone() is None
        assert result.columns == ("id", "symbol")


def test_results_give_rows_in_parts_and_the_rest(adapter: SQLiteAdapter) -> None:
    result = adapter.execute("VALUES (1), (2), (3), (4)")
    assert result.fetchmany(2) == [(1,), (2,)]
    assert result.fetchmany(0) == []
    assert result.fetchone() == (3,)
    assert result.fetchall() == [(4,)]
    assert result.fetchmany(5) == []


def test_a_statement_without_rows_tells_how_many_it_changed_and_fetches_nothing(adapter: SQLiteAdapter) -> None:
    adapter.insert_many("trades", [{"symbol": "A"}, {"symbol": "B"}])
    result = adapter.execute("UPDATE trades SET price = ?", (2,))
    assert result.rowcount == 2
    assert (result.fetchone(), result.fetchall()) == (None, [])


def test_of_equal_column_names_no_value_is_lost(adapter: SQLiteAdapter) -> None:
    assert adapter.query("SELECT 1 AS id, 2 AS id, 3 AS id_2, 4 AS id") == [{"id": 1, "id_3": 2, "id_2": 3, "id_4": 4}]
    row = adapter.execute("SELECT 1 AS id, 2 AS id").fetchone()
    assert row is not None
    assert (row["id"], row["id_2"]) == (1, 2)


def test_a_column_name_with_a_dot_stays_whole(adapter: SQLiteAdapter) -> None:
    assert adapter.query('SELECT 1 AS "finra.symbol"') == [{"finra.symbol": 1}]


def test_query_one_is_the_first_row_or_none(adapter: SQLiteAdapter) -> None:
    assert adapter.query_one("VALUES (1), (2)") == {"column1": 1}
    assert adapter.query_one("SELECT 1 WHERE ?", (False,)) is None


def test_dicts_fill_names(adapter: SQLiteAdapter) -> None:
    assert adapter.query("SELECT :a AS a, ':a' AS b", {"a": 1}) == [{"a": 1, "b": ":a"}]
    adapter.executemany("INSERT INTO trades (symbol) VALUES (:s)", [{"s": "A"}, {"s": "B"}])
    assert adapter.query("SELECT count(*) AS n FROM trades") == [{"n": 2}]


def test_executemany_takes_any_iterable_and_none_is_nothing(adapter: SQLiteAdapter) -> None:
    statement = "INSERT INTO trades (symbol) VALUES (?)"
    assert adapter.executemany(statement, ((str(n),) for n in range(3))).rowcount == 3
    assert adapter.executemany(statement, []).rowcount == 0
    assert adapter.query_one("SELECT count(*) AS n FROM trades") == {"n": 3}


def test_executemany_stores_all_rows_or_none(adapter: SQLiteAdapter) -> None:
    with pytest.raises(IntegrityError):
        adapter.executemany("INSERT INTO trades (symbol) VALUES (?)", [("A",), ("A",)])
    assert adapter.query("SELECT * FROM trades") == []


def test_sqlalchemy_constructs_are_statements_too(adapter: SQLiteAdapter) -> None:
    trades = sa.table("trades", sa.column("symbol"), sa.column("price"))
    adapter.executemany(sa.insert(trades), [{"symbol": "A", "price": 1}, {"symbol": "B", "price": 2}])
    adapter.execute(sa.insert(trades), {"symbol": "C", "price": 3})
    assert adapter.query(sa.select(trades.c.symbol).where(trades.c.price > 1)) == [{"symbol": "B"}, {"symbol": "C"}]
    assert adapter.query(sa.text("SELECT :a AS a"), {"a": 1}) == [{"a": 1}]
    with pytest.raises(QueryError, match="a dict"):
        adapter.execute(sa.text("SELECT 1"), (1,))
    with pytest.raises(QueryError, match="bind parameter 'a'"):
        adapter.query(sa.text("SELECT :a"))


def test_insert_returns_what_it_is_asked_for(adapter: SQLiteAdapter) -> None:
    assert adapter.insert("trades", {"symbol": "A"}) is None
    assert adapter.insert("trades", {"symbol": "B"}, returning="id") == 2
    assert adapter.insert("main.trades", {"symbol": "C"}, ["id", "price"]) == {"id": 3, "price": 1.5}
    assert adapter.insert("trades", {}, returning="id") == 4


def test_insert_many_counts_and_wants_the_same_columns_in_every_row(adapter: SQLiteAdapter) -> None:
    assert adapter.insert_many("trades", []) == 0
    assert adapter.insert_many("trades", iter([{"symbol": "A", "price": 1}, {"price": 2, "symbol": "B"}])) == 2
    assert adapter.query("SELECT symbol, price FROM trades") == [
        {"symbol": "A", "price": 1.0},
        {"symbol": "B", "price": 2.0},
    ]
    with pytest.raises(QueryError, match="row 2 for trades lacks price and has note besides"):
        adapter.insert_many("trades", [{"symbol": "C", "price": 1}, {"symbol": "D", "note": ""}])
    assert adapter.query_one("SELECT count(*) AS n FROM trades") == {"n": 2}


@pytest.mark.parametrize(
    "name", ['x"; DROP TABLE trades; --', "x'y", "a b", "select", "?", "%s", ":a", "[a]", "`a`", "Größe", "a)b", "A"]
)
def test_hostile_names_are_only_names(adapter: SQLiteAdapter, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    adapter.execute(f"CREATE TABLE {quoted} ({quoted} TEXT, other TEXT)")
    assert adapter.insert(name, {name: "v", "other": "?"}, returning=name) == "v"
    assert adapter.insert_many(name, [{name: "v", "other": "?"}] * 2) == 2
    assert adapter.query(f"SELECT count(*) AS n, max({quoted}) AS v FROM {quoted}") == [{"n": 3, "v": "v"}]
    assert adapter.query("SELECT * FROM trades") == []


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_names_that_no_database_has_are_refused(adapter: SQLiteAdapter, name: str) -> None:
    with pytest.raises(QueryError, match="cannot be the name"):
        adapter.insert("trades", {name: 1})
    with pytest.raises(QueryError, match="cannot be the name"):
        adapter.insert(name, {"a": 1})


def test_values_arrive_as_they_were_given(adapter: SQLiteAdapter) -> None:
    values = ("NA", "007", "12345678901234567890", 2**63 - 1, 0.1, None, b"\0\xff", "100%", "?", "")
    sql = f"SELECT {', '.join(f'? AS c{n}' for n in range(len(values)))}"
    assert tuple(adapter.query(sql, values)[0].values()) == values


def test_dates_decimals_and_uuids_are_stored_as_text(adapter: SQLiteAdapter) -> None:
    values = (
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        date(2026, 1, 2),
        Decimal("1.10"),
        UUID("018f3c7e-0000-7000-8000-000000000000"),
    )
    found = adapter.execute("SELECT ?, ?, ?, ?", values).fetchone()
    assert found == ("2026-01-02 03:04:05+00:00", "2026-01-02", "1.10", "018f3c7e-0000-7000-8000-000000000000")
    assert adapter.insert("trades", {"symbol": values[1]}, returning="symbol") == "2026-01-02"


@pytest.mark.parametrize("value", [2**70, "\ud800", object(), {"secret-value"}])
def test_a_value_that_cannot_be_stored_is_a_query_error_that_does_not_show_it(
    adapter: SQLiteAdapter, value: object
) -> None:
    with pytest.raises(QueryError) as caught:
        adapter.execute("SELECT ?", (value,))
    assert str(value) not in str(caught.value)
    assert "secret" not in str(caught.value)
