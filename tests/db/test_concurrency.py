from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from spine.core.adapters.database import SQLiteAdapter
from spine.core.errors import DatabaseConnectionError, QueryError
from tests.projects import DEADLINE_SECONDS

COUNT = "SELECT n FROM counter"
ADD = "UPDATE counter SET n = n + 1"


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[SQLiteAdapter]:
    with SQLiteAdapter(tmp_path / "data.db") as adapter:
        adapter.execute("CREATE TABLE counter (n INTEGER)")
        adapter.insert("counter", {"n": 0})
        yield adapter


def _read_then_write(adapter: SQLiteAdapter, times: int) -> None:
    for _ in range(times):
        with adapter.transaction() as conn:
            row = conn.execute(COUNT).fetchone()
            assert row is not None
            conn.execute("UPDATE counter SET n = ?", (row[0] + 1,))


def _work_in_child(path: Path, times: int) -> None:
    with SQLiteAdapter(path) as adapter:
        _read_then_write(adapter, times)


def _in_child(work: Callable[[], object]) -> int:
    """Run `work` in a forked child and return its exit code: 0 unless it raised."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.slow
def test_four_processes_write_one_file_without_an_error_or_a_lost_update(adapter: SQLiteAdapter) -> None:
    spawn = multiprocessing.get_context("spawn")
    children = [spawn.Process(target=_work_in_child, args=(adapter.path, 50)) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * 4
    assert adapter.query_one(COUNT) == {"n": 200}


def test_processes_may_all_be_the_first_to_open_a_new_file(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    path = tmp_path / "new" / "data.db"
    barrier = fork.Barrier(8)

    def _open() -> None:
        barrier.wait()
        with SQLiteAdapter(path) as adapter:
            adapter.execute("CREATE TABLE IF NOT EXISTS t (a)")

    children = [fork.Process(target=_open) for _ in range(8)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * 8


@pytest.mark.parametrize("path", ["file", ":memory:"])
def test_threads_share_an_adapter(path: str, tmp_path: Path) -> None:
    with SQLiteAdapter(path if path == ":memory:" else tmp_path / path) as adapter:
        adapter.execute("CREATE TABLE counter (n INTEGER)")
        adapter.insert("counter", {"n": 0})
        with ThreadPoolExecutor(20) as threads:
            list(threads.map(lambda _: _read_then_write(adapter, 10), range(20)))
        assert adapter.query_one(COUNT) == {"n": 200}


def test_threads_that_use_an_adapter_first_connect_it_once(tmp_path: Path) -> None:
    adapter = SQLiteAdapter(tmp_path / "data.db")
    with ThreadPoolExecutor(8) as threads:
        engines = set(threads.map(lambda _: adapter.engine, range(8)))
    assert len(engines) == 1
    adapter.disconnect()


def test_a_reader_is_not_blocked_by_a_writer_and_sees_what_is_committed(adapter: SQLiteAdapter) -> None:
    writing, read = threading.Event(), threading.Event()

    def _write() -> None:
        with adapter.transaction() as conn:
            conn.execute(ADD)
            writing.set()
            assert read.wait(DEADLINE_SECONDS)

    with ThreadPoolExecutor(1) as threads:
        writer = threads.submit(_write)
        assert writing.wait(DEADLINE_SECONDS)
        assert adapter.query_one(COUNT) == {"n": 0}
        with adapter.transaction(readonly=True) as conn:
            assert conn.execute(COUNT).fetchone() == (0,)
            assert not writer.done()
            read.set()
            writer.result(DEADLINE_SECONDS)
            assert conn.execute(COUNT).fetchone() == (0,)
    assert adapter.query_one(COUNT) == {"n": 1}


def test_a_writer_waits_for_another_and_then_goes_on(adapter: SQLiteAdapter) -> None:
    begun, order = threading.Event(), []

    def _write() -> None:
        begun.set()
        adapter.execute(ADD)
        order.append("second")

    with ThreadPoolExecutor(1) as threads:
        with adapter.transaction() as conn:
            waiting = threads.submit(_write)
            assert begun.wait(DEADLINE_SECONDS)
            conn.execute(ADD)
            assert conn.execute(COUNT).fetchone() == (1,)
            order.append("first")
        waiting.result(DEADLINE_SECONDS)
    assert (adapter.query_one(COUNT), order) == ({"n": 2}, ["first", "second"])


def test_a_transaction_belongs_to_its_thread(adapter: SQLiteAdapter) -> None:
    with ThreadPoolExecutor(1) as threads, adapter.transaction() as conn:
        conn.execute(ADD)
        assert threads.submit(adapter.query_one, COUNT).result(DEADLINE_SECONDS) == {"n": 0}
        assert adapter.query_one(COUNT) == {"n": 1}


def test_waiting_for_the_one_connection_of_a_memory_database_ends_with_an_error() -> None:
    with SQLiteAdapter(timeout=0.1) as adapter, adapter.transaction(), ThreadPoolExecutor(1) as threads:
        with pytest.raises(DatabaseConnectionError, match="every connection of the pool is in use") as caught:
            threads.submit(adapter.query, "SELECT 1").result(DEADLINE_SECONDS)
        assert caught.value.retryable


def test_a_forked_child_has_connections_of_its_own(adapter: SQLiteAdapter) -> None:
    assert adapter.query_one(COUNT) == {"n": 0}
    assert [_in_child(lambda: _read_then_write(adapter, 5)) for _ in range(3)] == [0, 0, 0]
    _read_then_write(adapter, 5)
    assert adapter.query_one(COUNT) == {"n": 20}


def test_a_fork_inside_a_transaction_leaves_it_to_the_parent(adapter: SQLiteAdapter) -> None:
    def _child() -> None:
        with pytest.raises(QueryError, match="belongs to the parent process"):
            conn.execute(ADD)
        assert adapter.query_one(COUNT) == {"n": 0}

    with adapter.transaction() as conn:
        conn.execute(ADD)
        assert _in_child(_child) == 0
        assert adapter.query_one(COUNT) == {"n": 1}
    assert adapter.query_one(COUNT) == {"n": 1}


def test_the_engine_alone_keeps_the_discipline(adapter: SQLiteAdapter) -> None:
    """Transactions that read first and then write would fail at once as deferred ones."""

    def _work() -> None:
        for _ in range(20):
            with adapter.engine.begin() as raw:
                n = raw.execute(sa.text(COUNT)).scalar_one()
                raw.execute(sa.text("UPDATE counter SET n = :n"), {"n": n + 1})

    with ThreadPoolExecutor(6) as threads:
        for work in [threads.submit(_work) for _ in range(6)]:
            work.result(DEADLINE_SECONDS)
    assert adapter.query_one(COUNT) == {"n": 120}
