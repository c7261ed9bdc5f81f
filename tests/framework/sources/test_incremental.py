"""Incremental queries: each row is read exactly once, whenever it is committed and whatever its cursor value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.adapters.database import DatabaseAdapter, SQLiteAdapter, get_adapter
from spine.core.errors import ConfigError, ValidationError
from spine.framework.sources import DatabaseSource
from spine.framework.sources.state import SourceState, encode, read_state, settled, write_state
from spine.framework.work import Work, use_work

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def shop(database_url: str) -> Iterator[DatabaseAdapter]:
    with get_adapter(database_url) as adapter:
        adapter.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, seq BIGINT, at TIMESTAMP WITH TIME ZONE)")
        yield adapter


def add(shop: DatabaseAdapter, *rows: tuple[int, int]) -> None:
    """Insert orders with these ids and sequence numbers; each is later than the one before by its number in hours."""
    shop.executemany(
        "INSERT INTO orders VALUES (?, ?, ?)", [(id_, seq, NOON + timedelta(hours=seq)) for id_, seq in rows]
    )


def orders(shop: DatabaseAdapter, condition: str = "seq > :cursor", **options: Any) -> Callable[[], list[int]]:
    """Return a function that fetches and returns the ids that it reads."""
    options = {"cursor": "seq", "initial": 0, **options}
    source = DatabaseSource("orders", shop, f"SELECT * FROM orders WHERE {condition} ORDER BY id", **options)
    return lambda: [row["id"] for row in source.fetch().to_result().unwrap()]


def test_the_cursor_never_goes_back(shop: DatabaseAdapter) -> None:
    fetch = orders(shop, "seq > :cursor - 3")
    add(shop, (1, 10), (2, 12))
    fetch()
    shop.execute("DELETE FROM orders WHERE id = 2")
    add(shop, (3, 11))
    assert fetch() == [1, 3]
    assert read_state("orders") == 12


def test_rows_that_share_the_last_value_are_read_once_with_a_closed_boundary(shop: DatabaseAdapter) -> None:
    fetch = orders(shop, "seq >= :cursor", boundary="closed", key="id")
    add(shop, (1, 1), (2, 2))
    assert fetch() == [1, 2]
    add(shop, (3, 2))
    assert (fetch(), fetch()) == ([3], [])
    add(shop, (4, 2), (5, 3))
    assert (fetch(), fetch()) == ([4, 5], [])


def test_rows_that_are_committed_late_are_read_once_within_the_lag(shop: DatabaseAdapter) -> None:
    fetch = orders(shop, lag=5, key=["id"])
    add(shop, (1, 1), (2, 10))
    assert fetch() == [1, 2]
    add(shop, (3, 7), (4, 4))  # the second is beyond the lag
    assert (fetch(), fetch()) == ([3], [])
    assert read_state("orders") == 10


@pytest.mark.parametrize("lag", ["3h", "transactions"])
def test_a_lag_of_time_reads_late_rows_once(shop: DatabaseAdapter, lag: str) -> None:
    if lag == "transactions" and shop.db_type == "sqlite":
        pytest.skip("one writer at a time")
    fetch = orders(shop, "at > :cursor", cursor="at", initial=NOON, lag=lag, key="id")
    add(shop, (1, 1), (2, 10))
    assert fetch() == [1, 2]
    add(shop, (3, 8), (4, 12))
    assert (sorted(fetch()), fetch()) == ([3, 4], []) if lag == "3h" else ([4], [])


def test_a_row_that_changed_within_the_lag_is_read_again(shop: DatabaseAdapter) -> None:
    fetch = orders(shop, lag=5, key="id")
    add(shop, (1, 1), (2, 2))
    fetch()
    shop.execute("UPDATE orders SET seq = 3 WHERE id = 1")
    assert (fetch(), fetch()) == ([1], [])


def test_a_lag_does_not_reach_before_the_initial_value(shop: DatabaseAdapter) -> None:
    add(shop, (1, 4), (2, 6))
    fetch = orders(shop, lag=5, initial=5, key="id")
    assert (fetch(), fetch()) == ([2], [])


def test_a_cursor_set_below_the_initial_value_is_obeyed(shop: DatabaseAdapter) -> None:
    add(shop, (1, 4), (2, 6))
    fetch = orders(shop, lag=1, initial=5, key="id")
    fetch()
    write_state("orders", 3)
    assert fetch() == [1, 2]


def test_a_lag_of_transactions_waits_for_those_that_run(new_postgres_database: Callable[[], str]) -> None:
    """A row whose transaction began before the newest row and is committed after it."""
    url = new_postgres_database()
    with get_adapter(url) as shop, get_adapter(url) as late:
        shop.execute("CREATE TABLE orders (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")
        fetch = orders(shop, "at > :cursor", cursor="at", initial=NOON, lag="transactions", key="id")
        with late.transaction() as connection:
            connection.execute("INSERT INTO orders VALUES (1)")
            shop.execute("INSERT INTO orders VALUES (2)")
            assert (fetch(), fetch()) == ([2], [])
            shop.execute("INSERT INTO orders VALUES (3)")
            assert fetch() == [3]
        assert (fetch(), fetch()) == ([1], [])


def test_hidden_and_prepared_transactions_are_refused(new_postgres_database: Callable[[], str]) -> None:
    url = new_postgres_database()
    with get_adapter(url) as shop, get_adapter(url) as other, other.transaction():
        other.execute("SELECT 1")
        with shop.transaction() as connection:
            connection.execute("CREATE ROLE spine_test_reader")
            connection.execute("SET LOCAL ROLE spine_test_reader")
            with pytest.raises(Exception, match="GRANT pg_read_all_stats TO this user"):
                shop.oldest_transaction()
            connection.execute("RESET ROLE")
            connection.execute("DROP ROLE spine_test_reader")


def test_sqlite_does_not_tell_its_transactions() -> None:
    source = DatabaseSource(
        "s", SQLiteAdapter(), "SELECT 1 AS x WHERE :cursor", cursor="x", initial=0, lag="transactions", key="x"
    )
    assert "give lag a time or a number" in str(source.fetch().error)


@given(
    writes=st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4)), max_size=6), min_size=1, max_size=6),
    lag=st.sampled_from([None, 4, "4s"]),
)
def test_every_row_within_the_lag_is_read_exactly_once(writes: list[list[tuple[int, int]]], lag: Any) -> None:
    """Rows come at most 4 behind the greatest before them, in any order, with equal values."""
    with SQLiteAdapter() as shop:
        shop.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
        as_time = isinstance(lag, str)
        first = (NOON - timedelta(days=1)).isoformat(" ") if as_time else -10
        name = f"s{id(writes)}"
        source = DatabaseSource(
            name, shop, "SELECT * FROM t WHERE v >= :cursor", cursor="v", initial=first, lag=lag, boundary="closed",
            key="id",
        )  # fmt: skip
        write_state(name, first)
        read: list[int] = []
        greatest, count = 0, 0
        for batch in writes:
            for step, behind in batch:
                value = max(greatest - (behind if lag else 0), 0)
                greatest, count = max(greatest, greatest + step // 3), count + 1
                shown = (NOON + timedelta(seconds=value)).isoformat(" ") if as_time else value
                shop.execute("INSERT INTO t VALUES (?, ?)", (count, shown))
            for rows in source.stream(batch_size=2):
                read += [row["id"] for row in rows]
        assert sorted(read) == list(range(1, count + 1))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("1 AS v UNION ALL SELECT 'abc'", "holds 'abc' (str), which cannot be compared with 1 (int)"),
        ("9e999 AS v", "holds inf, which no later value exceeds"),
        ("x'00' AS v", "a bytes: a cursor is a number, a text, a date or a time"),
    ],
)
def test_a_value_that_cannot_be_a_cursor_is_named_with_its_column(values: str, said: str) -> None:
    source = DatabaseSource(
        "mix", SQLiteAdapter(), f"SELECT v FROM (SELECT {values}) WHERE v > :cursor", cursor="v", initial=0
    )
    error = source.fetch().error
    assert isinstance(error, ValidationError)
    assert str(error).startswith("source 'mix': the cursor column 'v' ")
    assert said in str(error)
    with pytest.raises(ValidationError, match="the cursor column 'v'"):
        list(source.stream())
    assert read_state("mix") is None


@pytest.mark.parametrize(
    "value", ["'NaN'::float8", "'NaN'::numeric", "'Infinity'::float8", "true", "gen_random_uuid()"]
)
def test_a_value_of_postgresql_that_cannot_be_a_cursor_is_named_with_its_column(postgres_url: str, value: str) -> None:
    with get_adapter(postgres_url) as adapter:
        query = f"SELECT {value} AS v WHERE :cursor = 0"
        error = DatabaseSource("odd", adapter, query, cursor="v", initial=0).fetch().error
    assert isinstance(error, ValidationError)
    assert "the cursor column 'v' holds" in str(error)


def test_a_fetch_that_fails_half_way_gives_its_connection_back(database_url: str) -> None:
    with get_adapter(database_url) as adapter:
        query = "SELECT v FROM (SELECT 1 AS v UNION ALL SELECT 2) AS t WHERE v > :cursor"
        source = DatabaseSource("s", adapter, query, cursor="v", initial=0, lag="1h", key="v")
        result = source.fetch()
        assert "which its lag of 1:00:00 does not fit" in str(result.error)
        assert adapter.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of a QueuePool


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")])
def test_a_cursor_is_finite(value: Any) -> None:
    with pytest.raises(ValidationError, match="a cursor is a finite number"):
        write_state("s", value)


@pytest.mark.parametrize("given", ["2026-01-02 12:00:00+00:00", "2026-01-02T12:00:00Z", date(2026, 1, 2)])
def test_a_cursor_given_as_text_or_date_is_compared_as_the_column_is(postgres_url: str, given: Any) -> None:
    write_state("z", given)
    with get_adapter(postgres_url) as adapter:
        query = "SELECT timestamptz '2026-01-02 15:00Z' AS at WHERE timestamptz '2026-01-02 15:00Z' > :cursor"
        DatabaseSource("z", adapter, query, cursor="at", initial="2000-01-01", lag="1h", key="at").fetch()
    assert read_state("z") == NOON + timedelta(hours=3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"lag": 5}, "reads rows again, so it needs key"),
        ({"lag": "soon", "key": "id"}, "lag is a time, a number or 'transactions'"),
        ({"lag": -1, "key": "id"}, "lag is more than 0, not -1"),
        ({"boundary": "closed", "key": "id"}, "so its query must say >= :cursor, not >"),
        ({"boundary": "half", "key": "id"}, "boundary is 'open' or 'closed', not 'half'"),
        ({"cursor": None, "lag": 5}, "has lag, boundary or key without cursor"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], said: str) -> None:
    given = {"cursor": "seq", "initial": 0, **options}
    with pytest.raises(ConfigError, match=said):
        DatabaseSource("orders", SQLiteAdapter(), "SELECT * FROM orders WHERE seq > :cursor", **given)


@pytest.mark.parametrize(("lag", "said"), [("1h", "write a number"), (5, 'write a time, such as "1h"')])
def test_a_lag_of_the_wrong_unit_is_refused_with_the_right_one(lag: Any, said: str) -> None:
    value = "1" if lag == "1h" else "'2026-01-02'"
    source = DatabaseSource(
        "s", SQLiteAdapter(), f"SELECT {value} AS v WHERE :cursor < 'z'", cursor="v", initial=0, lag=lag, key="v"
    )
    assert said in str(source.fetch().error)


@pytest.mark.parametrize(
    "text", ["2026-01-02", "2026-01-02 12:00:00", "2026-01-02T12:00:00.5Z", "2026-01-02 12:00+01:00"]
)
def test_a_lag_of_texts_reads_the_same_row_again_and_leaves_it_out(text: str) -> None:
    source = DatabaseSource(
        "s",
        SQLiteAdapter(),
        f"SELECT '{text}' AS v WHERE '{text}' > :cursor",
        cursor="v",
        initial="",
        lag="1h",
        key="v",
    )
    assert source.fetch().data == [{"v": text}]
    assert source.fetch().data == []
    assert source.has_changed() is False


def test_a_text_cursor_that_the_database_sorts_otherwise_is_refused_with_the_collation_to_name() -> None:
    with SQLiteAdapter() as shop:
        shop.execute("CREATE TABLE t (name TEXT COLLATE NOCASE)")
        shop.executemany("INSERT INTO t VALUES (?)", [("a",), ("B",), ("c",)])
        found = DatabaseSource("t", shop, "SELECT name FROM t WHERE name > :cursor", cursor="name", initial="")
        assert len(found.fetch().to_result().unwrap()) == 3
        shop.execute("INSERT INTO t VALUES ('D')")
        assert "holds 'D', which the database sorts after the cursor 'c'" in str(found.fetch().error)
        shop.execute("DELETE FROM t WHERE name = 'D'")
        query = "SELECT name FROM t WHERE name COLLATE BINARY > :cursor"
        shop.executemany("INSERT INTO t VALUES (?)", [("D",), ("d",)])
        assert DatabaseSource("t", shop, query, cursor="name", initial="").fetch().data == [{"name": "d"}]


def test_a_row_far_in_the_future_becomes_the_cursor_unless_the_query_leaves_it_out(shop: DatabaseAdapter) -> None:
    add(shop, (1, 1), (2, 10**6))
    fetch = orders(shop, "seq > :cursor AND seq < 100")
    assert fetch() == [1]
    add(shop, (3, 2))
    assert fetch() == [3]
    assert (orders(shop)(), read_state("orders")) == ([2], 10**6)


def test_a_row_without_its_key_is_refused() -> None:
    source = DatabaseSource(
        "s", SQLiteAdapter(), "SELECT 1 AS v, NULL AS k WHERE 1 > :cursor", cursor="v", initial=0, lag=1, key="k"
    )
    assert "in a row whose key (k) has a null" in str(source.fetch().error)


def test_two_runs_from_one_cursor_remember_the_rows_of_both() -> None:
    base = encode(5)

    def state(value: int, seen: list[str]) -> SourceState:
        return SourceState("s", encode(value) | {"seen": seen}, is_based=True, based_on=base)

    assert settled(state(7, ["b"]), state(6, ["a"])).value == encode(7) | {"seen": ["a", "b"]}  # type: ignore[union-attr]
    assert settled(state(6, ["a"]), state(7, ["b"])).value == encode(7) | {"seen": ["a", "b"]}  # type: ignore[union-attr]


def test_what_a_failed_step_has_read_is_read_again(shop: DatabaseAdapter) -> None:
    fetch = orders(shop, lag=5, key="id")
    add(shop, (1, 1), (2, 10))
    with use_work(Work(run_id="r")):
        assert (fetch(), fetch()) == ([1, 2], [])
    assert fetch() == [1, 2]
