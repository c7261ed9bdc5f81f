# ruff: noqa: PT012  # leaving the block of a transaction with an error is what one of these tests is about
"""`bulk_load`: inputs, created tables, and that it stores all rows or none."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest

from spine.core.adapters.database import DatabaseAdapter, SQLiteAdapter
from spine.core.errors import IntegrityError, QueryError, SpineError, ValidationError
from spine.db.connection import BLOCK_ROWS
from tests.projects import DEADLINE_SECONDS

TRADES = pa.table({"symbol": ["NA", "007", None], "price": [1.5, None, 2.0]})


@pytest.fixture
def trades(database: DatabaseAdapter) -> DatabaseAdapter:
    database.execute("CREATE TABLE trades (symbol TEXT, price DOUBLE PRECISION, note TEXT DEFAULT 'none')")
    return database


class _Stream:
    """Data of another library, known by Arrow's stream interface only."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "data",
    [
        TRADES,
        TRADES.to_batches()[0],
        TRADES.to_batches(),
        iter(TRADES.to_batches(max_chunksize=2)),
        TRADES.to_reader(),
        [TRADES.slice(0, 1), TRADES.slice(1)],
        _Stream(TRADES),
        TRADES.to_pylist(),
        iter(TRADES.to_pylist()),
        tuple({"price": row["price"], "symbol": row["symbol"]} for row in TRADES.to_pylist()),
    ],
    ids=lambda data: type(data).__name__,
)
def test_it_takes_tables_batches_readers_and_rows(data: Any) -> None:
    with SQLiteAdapter() as database:
        database.execute("CREATE TABLE trades (symbol TEXT, price REAL, note TEXT DEFAULT 'none')")
        assert database.bulk_load("trades", data) == 3
        found = database.query("SELECT symbol, price, note FROM trades ORDER BY rowid")
    assert found == [{**row, "note": "none"} for row in TRADES.to_pylist()]


def test_arrow_and_rows_give_the_same(trades: DatabaseAdapter) -> None:
    assert trades.bulk_load("trades", TRADES) == trades.bulk_load("trades", iter(TRADES.to_pylist())) == 3
    found = trades.query("SELECT symbol, price, note, count(*) AS n FROM trades GROUP BY 1, 2, 3 ORDER BY price")
    assert {(row["symbol"], row["price"], row["note"], row["n"]) for row in found} == {
        ("NA", 1.5, "none", 2),
        ("007", None, "none", 2),
        (None, 2.0, "none", 2),
    }


@pytest.mark.parametrize("rows", [0, 1, 199, 200, 201, BLOCK_ROWS, BLOCK_ROWS + 1])
def test_every_row_arrives_at_the_edges_of_blocks_and_statements(database: DatabaseAdapter, rows: int) -> None:
    data = pa.table({"n": pa.array(range(rows), pa.int64())})
    assert database.bulk_load("numbers", data, create=True) == rows
    assert database.query_one("SELECT count(DISTINCT n) AS n, count(*) AS m FROM numbers") == {"n": rows, "m": rows}


def test_more_columns_than_a_statement_has_placeholders_for_rows(database: DatabaseAdapter) -> None:
    data = pa.table({f"c{n}": [n, n + 1, n + 2] for n in range(900)})
    assert database.bulk_load("wide", data, create=True) == 3
    assert database.query_one("SELECT sum(c899) AS n FROM wide") == {"n": 2700}


def test_a_missing_table_is_an_error_unless_it_is_to_be_made(database: DatabaseAdapter) -> None:
    with pytest.raises(QueryError, match="trades"):
        database.bulk_load("trades", TRADES)
    assert database.bulk_load("trades", TRADES.slice(0, 0), create=True) == 0
    assert database.bulk_load("trades", TRADES, create=True) == 3
    assert database.bulk_load("trades", TRADES, create=True) == 3
    assert database.query_one("SELECT count(*) AS n FROM trades") == {"n": 6}


def test_no_rows_are_nothing(database: DatabaseAdapter) -> None:
    assert database.bulk_load("missing", [], create=True) == 0
    assert database.bulk_load("missing", iter(())) == 0


def test_it_joins_the_transaction_of_its_thread(trades: DatabaseAdapter) -> None:
    with pytest.raises(KeyError), trades.transaction():
        trades.bulk_load("trades", TRADES)
        trades.bulk_load("new", TRADES, create=True)
        assert trades.query_one("SELECT count(*) AS n FROM new") == {"n": 3}
        raise KeyError
    assert trades.query("SELECT * FROM trades") == []
    with pytest.raises(QueryError, match="new"):
        trades.query("SELECT * FROM new")


def test_an_error_of_the_data_stores_nothing_and_stays_what_it_is(trades: DatabaseAdapter) -> None:
    error = OSError("the source broke")

    def batches() -> Iterator[pa.RecordBatch]:
        yield from TRADES.to_batches()
        raise error

    with pytest.raises(OSError, match="the source broke") as caught:
        trades.bulk_load("trades", batches())
    assert caught.value is error
    assert trades.query("SELECT * FROM trades") == []
    assert trades.bulk_load("trades", TRADES) == 3


def test_a_row_that_the_table_refuses_stores_nothing(database: DatabaseAdapter) -> None:
    database.execute("CREATE TABLE keyed (id INTEGER PRIMARY KEY)")
    with pytest.raises(IntegrityError):
        database.bulk_load("keyed", [{"id": 1}, {"id": 2}, {"id": 1}])
    assert database.query("SELECT * FROM keyed") == []


def test_a_column_that_the_table_lacks_is_said(trades: DatabaseAdapter) -> None:
    with pytest.raises(QueryError, match="venue"):
        trades.bulk_load("trades", [{"symbol": "A", "venue": "X"}])


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ("rows", ValidationError, "expected rows or Arrow data for trades, not str"),
        ({"symbol": "A"}, ValidationError, "expected rows or Arrow data for trades, not dict"),
        ([1, 2], ValidationError, "row 1 is of type int"),
        ([{"symbol": "A"}, {"price": 1}], QueryError, "row 2 for trades lacks symbol and has price besides"),
        ([{"symbol": "A"}, {"symbol": 1}], ValidationError, "column 'symbol' does not fit one Arrow type"),
        ([TRADES, TRADES.select(["price", "symbol"])], QueryError, "a batch for trades has other columns"),
        ([TRADES, 1], ValidationError, "expected only record batches, not int"),
        (pa.Table.from_arrays([[1], [2]], names=["a", "a"]), QueryError, "more than one column 'a'"),
        (pa.table({"a\0": [1]}), QueryError, "cannot be the name"),
        (pa.table({"": [1]}), QueryError, "cannot be the name"),
        (
            pa.table({"a": pa.array([1], pa.duration("s"))}),
            ValidationError,
            r"column 'a' is of the Arrow type duration",
        ),
    ],
)
def test_data_that_cannot_be_loaded_is_refused(data: Any, error: type[SpineError], message: str) -> None:
    with SQLiteAdapter() as database:
        database.execute("CREATE TABLE trades (symbol TEXT, price REAL)")
        with pytest.raises(error, match=message):
            database.bulk_load("trades", data)
        assert database.query("SELECT * FROM trades") == []


def test_the_rows_of_a_later_block_have_the_columns_of_the_first() -> None:
    rows = ({"n": number} if number < BLOCK_ROWS + 5 else {"m": number} for number in range(BLOCK_ROWS + 10))
    with SQLiteAdapter() as database:
        with pytest.raises(QueryError, match=f"row {BLOCK_ROWS + 6} for numbers lacks n and has m besides"):
            database.bulk_load("numbers", rows, create=True)
        with pytest.raises(QueryError, match="no such table"):
            database.query("SELECT * FROM numbers")


def test_a_schema_before_the_tables_name(database: DatabaseAdapter) -> None:
    schema = "main" if "main" in _schemas(database) else "public"
    assert database.bulk_load(f"{schema}.trades", TRADES, create=True) == 3
    assert database.query_one(f"SELECT count(*) AS n FROM {schema}.trades") == {"n": 3}


def test_the_data_may_come_from_the_transaction_that_stores_them(trades: DatabaseAdapter) -> None:
    trades.bulk_load("numbers", ({"n": number} for number in range(BLOCK_ROWS + 10)), create=True)
    with trades.transaction():
        copied = trades.bulk_load("copies", trades.stream_arrow("SELECT n FROM numbers", batch_size=1000), create=True)
        assert copied == BLOCK_ROWS + 10
    one_by_one = (pa.table({"n": [row["n"]]}) for row in (trades.query_one("SELECT 7 AS n") for _ in range(3)) if row)
    assert trades.bulk_load("sevens", one_by_one, create=True) == 3
    assert trades.query_one("SELECT sum(n) AS n FROM sevens") == {"n": 21}


def test_a_read_only_transaction_refuses_it(trades: DatabaseAdapter) -> None:
    with trades.transaction(readonly=True), pytest.raises(QueryError, match="inside a read-only one"):
        trades.bulk_load("trades", TRADES)


def test_several_may_make_the_same_table_at_once(database: DatabaseAdapter) -> None:
    with ThreadPoolExecutor(8) as threads:
        loads = [threads.submit(database.bulk_load, "trades", TRADES, create=True) for _ in range(8)]
        assert [load.result(DEADLINE_SECONDS) for load in loads] == [3] * 8
    assert database.query_one("SELECT count(*) AS n FROM trades") == {"n": 24}


@pytest.mark.slow
def test_an_iterator_is_read_in_bounded_memory(database: DatabaseAdapter) -> None:
    """Rows of 60 MB in all, of which only a block is held at a time."""
    text = "x" * 1000
    tracemalloc.start()
    try:
        rows = ({"n": number, "s": text + str(number)} for number in range(60_000))
        assert database.bulk_load("rows", rows, create=True) == 60_000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 36_000_000


def test_a_dialect_without_a_way_of_its_own_inserts_row_by_row() -> None:
    class Plain(SQLiteAdapter):
        load_batches = DatabaseAdapter.load_batches

    with Plain() as database:
        assert database.bulk_load("trades", TRADES, create=True) == 3
        assert database.query("SELECT * FROM trades") == TRADES.to_pylist()


def _schemas(database: DatabaseAdapter) -> list[str]:
    import sqlalchemy as sa

    return sa.inspect(database.engine).get_schema_names()
