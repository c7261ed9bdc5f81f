"""Streams and Arrow tables out of a database."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from spine.core.adapters.database import DatabaseAdapter, SQLiteAdapter
from spine.core.errors import QueryError, ValidationError

NUMBERS = "SELECT n FROM numbers ORDER BY n"


@pytest.fixture
def numbers(database: DatabaseAdapter) -> DatabaseAdapter:
    database.bulk_load("numbers", pa.table({"n": range(10)}), create=True)
    return database


def _flat(batches: Iterator[list[dict[str, Any]]]) -> list[int]:
    return [row["n"] for batch in batches for row in batch]


def test_rows_come_in_lists_of_the_size_that_was_asked_for(numbers: DatabaseAdapter) -> None:
    batches = list(numbers.stream(NUMBERS, batch_size=4))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert batches[0][0] == {"n": 0}
    assert _flat(iter(batches)) == list(range(10))
    assert list(numbers.stream(NUMBERS + " LIMIT 0")) == []


def test_statements_have_parameters_or_are_constructs(numbers: DatabaseAdapter) -> None:
    assert _flat(numbers.stream("SELECT n FROM numbers WHERE n > ? ORDER BY n", (7,))) == [8, 9]
    assert _flat(numbers.stream("SELECT n FROM numbers WHERE n > :n AND '%' = '%' ORDER BY n", {"n": 8})) == [9]
    assert _flat(numbers.stream(sa.text("SELECT n FROM numbers WHERE n > :n"), {"n": 8})) == [9]
    assert _flat(numbers.stream(sa.select(sa.column("n")).select_from(sa.table("numbers")))) == list(range(10))


def test_the_thread_may_write_meanwhile_and_the_stream_sees_one_state(numbers: DatabaseAdapter) -> None:
    seen = []
    for batch in numbers.stream(NUMBERS, batch_size=2):
        seen += batch
        numbers.execute("UPDATE numbers SET n = n + 100")
        numbers.insert("numbers", {"n": 50})
    assert [row["n"] for row in seen] == list(range(10))
    assert numbers.query_one("SELECT count(*) AS n FROM numbers") == {"n": 15}


def test_a_memory_database_streams_too() -> None:
    """Its one connection is free again before the first row is given."""
    with SQLiteAdapter(timeout=0.1) as adapter:
        adapter.bulk_load("numbers", pa.table({"n": range(10)}), create=True)
        for _ in adapter.stream(NUMBERS, batch_size=4):
            adapter.insert("numbers", {"n": 1})
        for _ in adapter.stream_arrow(NUMBERS, batch_size=4):
            adapter.insert("numbers", {"n": 1})
        assert adapter.query_one("SELECT count(*) AS n FROM numbers") == {"n": 17}


def test_a_stream_reads_only(numbers: DatabaseAdapter) -> None:
    with pytest.raises(QueryError):
        list(numbers.stream("DELETE FROM numbers RETURNING n"))
    assert numbers.query_one("SELECT count(*) AS n FROM numbers") == {"n": 10}


@pytest.mark.slow
def test_closing_a_stream_gives_its_connection_back(numbers: DatabaseAdapter) -> None:
    before = numbers.engine.pool.checkedout()
    for end in (lambda stream: stream.close(), lambda stream: stream.throw(KeyError), lambda stream: list(stream)):
        stream = numbers.stream(NUMBERS, batch_size=3)
        next(stream)
        assert numbers.engine.pool.checkedout() == before + 1
        with suppress(KeyError):
            end(stream)
        assert numbers.engine.pool.checkedout() == before
    stream = numbers.stream(NUMBERS, batch_size=3)
    next(stream)
    del stream
    gc.collect()
    assert numbers.engine.pool.checkedout() == before


def test_a_stream_inside_a_transaction_sees_it_and_ends_with_it(numbers: DatabaseAdapter) -> None:
    with numbers.transaction():
        numbers.insert("numbers", {"n": 10})
        assert _flat(numbers.stream(NUMBERS, batch_size=4)) == list(range(11))
        stream = numbers.stream(NUMBERS, batch_size=4)
        next(stream)
    with pytest.raises(QueryError, match="is over"):
        list(stream)
    assert numbers.engine.pool.checkedout() == 0


def test_two_streams_at_once(numbers: DatabaseAdapter) -> None:
    pairs = zip(numbers.stream(NUMBERS, batch_size=1), numbers.stream(NUMBERS, batch_size=1), strict=True)
    assert sum(one == other for one, other in pairs) == 10


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_has_at_least_one_row(numbers: DatabaseAdapter, size: int) -> None:
    with pytest.raises(ValueError, match=f"a batch has at least one row, not {size}"):
        next(numbers.stream(NUMBERS, batch_size=size))


@pytest.mark.slow
def test_streams_and_loads_hold_a_bounded_part_of_the_data(database: DatabaseAdapter) -> None:
    rows = ({"n": number, "s": "x" * 1000 + str(number)} for number in range(30_000))
    database.bulk_load("rows", rows, create=True)
    tracemalloc.start()
    try:
        assert sum(len(batch) for batch in database.stream("SELECT * FROM rows")) == 30_000
        copied = database.bulk_load("copies", database.stream_arrow("SELECT * FROM rows", batch_size=1000), create=True)
        assert copied == 30_000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 15_000_000


def test_arrow_tables_have_the_types_of_their_values(numbers: DatabaseAdapter) -> None:
    table = numbers.read_arrow("SELECT n, n * 0.5 AS half, 'x' AS s, n AS n FROM numbers ORDER BY n")
    assert table.schema.names == ["n", "half", "s", "n_2"]
    assert (table.schema.field("n").type, table.schema.field("s").type) == (pa.int64(), pa.string())
    assert table["n"].to_pylist() == list(range(10))
    assert [float(value) for value in table["half"].to_pylist()] == [n / 2 for n in range(10)]


def test_an_empty_result_keeps_its_columns(numbers: DatabaseAdapter) -> None:
    table = numbers.read_arrow("SELECT n, 'x' AS s FROM numbers WHERE n > ?", (100,))
    assert (table.num_rows, table.schema.names) == (0, ["n", "s"])
    assert list(numbers.stream_arrow("SELECT n FROM numbers WHERE n > ?", (100,))) == []


def test_arrow_batches_have_one_schema(numbers: DatabaseAdapter) -> None:
    batches = list(numbers.stream_arrow(NUMBERS, batch_size=4))
    assert [batch.num_rows for batch in batches] == [4, 4, 2]
    assert pa.Table.from_batches(batches)["n"].to_pylist() == list(range(10))


def test_a_column_whose_types_differ_between_batches() -> None:
    """SQLite lets a column hold anything: numbers of all kinds become one type, texts among them an error."""
    with SQLiteAdapter() as adapter:
        adapter.execute("CREATE TABLE t (v)")
        adapter.executemany("INSERT INTO t VALUES (?)", [(None,)] * 9000 + [(1,)] * 9000 + [(0.5,)])
        table = adapter.read_arrow("SELECT v FROM t")
        assert (table["v"].type, table["v"].null_count, table["v"][-1].as_py()) == (pa.float64(), 9000, 0.5)
        adapter.insert("t", {"v": "text"})
        adapter.executemany("INSERT INTO t VALUES (?)", [("text",)] * 9000)
        with pytest.raises(ValidationError, match="cast it in the statement"):
            adapter.read_arrow("SELECT v FROM t")
        assert adapter.read_arrow("SELECT CAST(v AS TEXT) AS v FROM t")["v"].type == pa.string()
        with pytest.raises(ValidationError, match="column 'v' does not fit the Arrow type int64"):
            list(adapter.stream_arrow("SELECT v FROM t WHERE v IS NOT NULL", batch_size=9000))
