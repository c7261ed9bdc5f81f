"""Loads as transactions: once for a mark, one after the other, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pyarrow as pa
import pytest

from spine.core.adapters.database import DatabaseAdapter, SQLiteAdapter, get_adapter
from spine.core.errors import DatabaseError, NetworkError, SpineError
from spine.core.hashing import hash_json
from spine.db.loads.ledger import core_loads
from spine.db.loads.order import Loaded, LoadMark, LoadMode, LoadOrder
from spine.db.loads.run import run_load
from tests.databases import PostgresServer

TABLE = pa.table({"id": [1, 2], "n": [1, 2]})
MODES = {
    "append": LoadOrder("prices"),
    "replace_partition": LoadOrder("prices", LoadMode.REPLACE_PARTITION, partition={"week": "1"}),
    "merge": LoadOrder("prices", LoadMode.MERGE, ["id"]),
    "scd2": LoadOrder("prices", LoadMode.SCD2, ["id"]),
}


def mark(number: int = 1, attempt: int = 1) -> LoadMark:
    return LoadMark(hash_json(number), "warehouse", "{}", "run-1", "load", attempt)


def test_a_mark_is_loaded_once_and_its_counts_come_again(database: DatabaseAdapter) -> None:
    order = MODES["append"]
    assert run_load(database, order, TABLE, mark()) == Loaded(inserted=2)
    assert run_load(database, order, TABLE, mark(attempt=2)) == Loaded(inserted=2, repeated=True)
    assert run_load(database, order, TABLE, mark(2)) == Loaded(inserted=2)
    assert run_load(database, order, TABLE) == Loaded(inserted=2)
    assert database.query("SELECT count(*) AS n FROM prices") == [{"n": 6}]


def test_the_ledger_has_a_row_for_each_mark(database: DatabaseAdapter) -> None:
    run_load(database, MODES["merge"], TABLE, mark())
    row = database.query_one("SELECT * FROM core_loads") or {}
    assert list(row) == [column.name for column in core_loads.columns]
    assert row.pop("committed_at") is not None
    assert row == {
        "id": hash_json(1),
        "database": "warehouse",
        "table_name": "prices",
        "mode": "merge",
        "partition_key": "{}",
        "run_id": "run-1",
        "step_name": "load",
        "attempt": 1,
        "inserted": 2,
        "updated": 0,
        "deleted": 0,
        "unchanged": 0,
    }


@pytest.mark.parametrize("mode", MODES)
def test_data_that_ends_with_an_error_leaves_nothing(database: DatabaseAdapter, mode: str) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield TABLE.to_batches()[0]
        raise NetworkError("the source is gone")

    reader = pa.RecordBatchReader.from_batches(TABLE.schema, batches())
    with pytest.raises(NetworkError, match="the source is gone"):
        run_load(database, MODES[mode], reader, mark())
    assert database.query("SELECT * FROM core_loads") == []
    assert run_load(database, MODES[mode], TABLE, mark()) == Loaded(inserted=2)


@pytest.mark.parametrize("mode", MODES)
def test_loads_at_once_are_made_one_after_the_other(database: DatabaseAdapter, mode: str) -> None:
    together = Barrier(4)

    def work(number: int) -> Loaded:
        data = pa.table({"id": list(range(100)), "n": [number] * 100})
        together.wait()
        return run_load(database, MODES[mode], data, mark(number))

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(work, range(4)))
    rows = database.query("SELECT * FROM prices")
    if mode == "append":
        assert len(rows) == 400
        return
    current = [row for row in rows if row.get("is_current", True)]
    assert sorted(row["id"] for row in current) == list(range(100))
    assert len({row["n"] for row in current}) == 1
    assert sum(loaded.inserted for loaded in done) == (400 if mode == "replace_partition" else 100)


def test_one_mark_at_once_is_loaded_once(database: DatabaseAdapter) -> None:
    together = Barrier(4)

    def work(_: int) -> Loaded:
        together.wait()
        return run_load(database, MODES["append"], TABLE, mark())

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(work, range(4)))
    assert sorted(loaded.repeated for loaded in done) == [False, True, True, True]
    assert database.query("SELECT count(*) AS n FROM prices") == [{"n": 2}]


def test_new_columns_of_loads_at_once_are_all_added(database: DatabaseAdapter) -> None:
    run_load(database, MODES["append"], TABLE)
    together = Barrier(4)

    def work(number: int) -> None:
        data = pa.table({"id": [number + 10], f"c{number}": [1], "shared": [1]})
        together.wait()
        run_load(database, MODES["append"], data)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    [row, *_] = database.query("SELECT * FROM prices")
    assert sorted(row) == ["c0", "c1", "c2", "c3", "id", "n", "shared"]


def test_a_load_is_part_of_the_transaction_around_it(database: DatabaseAdapter) -> None:
    run_load(database, MODES["merge"], TABLE)

    def undone() -> None:
        with database.transaction():
            run_load(database, MODES["merge"], pa.table({"id": [1, 3], "n": [9, 9]}), mark())
            raise KeyError("mine")

    with pytest.raises(KeyError):
        undone()
    assert database.query("SELECT * FROM prices ORDER BY id") == TABLE.to_pylist()
    assert run_load(database, MODES["merge"], TABLE, mark()) == Loaded(unchanged=2)


def test_a_locked_database_is_a_retryable_error(tmp_path: Path) -> None:
    with SQLiteAdapter(tmp_path / "w.db", timeout=0.05) as one, SQLiteAdapter(tmp_path / "w.db", timeout=0.05) as two:
        run_load(one, MODES["append"], TABLE)
        with two.transaction(), pytest.raises(DatabaseError, match="another writer held the lock") as caught:
            run_load(one, MODES["append"], TABLE)
    assert caught.value.retryable


def test_a_locked_table_is_a_retryable_error(new_postgres_database: Any) -> None:
    url = new_postgres_database()
    with get_adapter(url, lock_timeout=0.05) as one, get_adapter(url) as two:
        run_load(one, MODES["merge"], TABLE)
        with two.transaction() as connection:
            connection.execute("UPDATE prices SET n = 5 WHERE id = 1")
            with pytest.raises(DatabaseError, match="lock timeout") as caught:
                run_load(one, MODES["merge"], TABLE)
    assert caught.value.retryable
    assert "spine_load_" not in str(caught.value)


def test_readers_see_the_table_as_it_was_until_the_commit(database: DatabaseAdapter) -> None:
    run_load(database, MODES["merge"], TABLE)
    seen: list[Any] = []

    def batches() -> Iterator[pa.RecordBatch]:
        with ThreadPoolExecutor(1) as other:
            seen.extend(other.submit(database.query, "SELECT n FROM prices ORDER BY id").result())
        yield pa.record_batch({"id": [1, 2], "n": [8, 9]})

    run_load(database, MODES["merge"], pa.RecordBatchReader.from_batches(TABLE.schema, batches()))
    assert [row["n"] for row in seen] == [1, 2]
    assert [row["n"] for row in database.query("SELECT n FROM prices ORDER BY id")] == [8, 9]


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_server_that_goes_away_is_a_retryable_error(own_postgres: PostgresServer, mode: str) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield TABLE.to_batches()[0]
        own_postgres.restart()
        yield pa.record_batch({"id": [3], "n": [3]})

    with get_adapter(own_postgres.url) as database:
        run_load(database, MODES[mode], TABLE)
        with pytest.raises(SpineError) as caught:
            run_load(database, MODES[mode], pa.RecordBatchReader.from_batches(TABLE.schema, batches()), mark())
        assert caught.value.retryable, caught.value
        assert database.query("SELECT count(*) AS n FROM prices") == [{"n": 2}]
        assert not run_load(database, MODES[mode], TABLE, mark()).repeated
