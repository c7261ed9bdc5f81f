# ruff: noqa: PT012  # leaving the block of a transaction with an error is what these tests are about
from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from spine.core.adapters.database import READONLY, SQLiteAdapter
from spine.core.errors import DatabaseError, IntegrityError, QueryError, StorageError

COUNTERS = sa.table("counters", sa.column("name"), sa.column("n"))


@pytest.fixture(params=["file", "memory"])
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQLiteAdapter]:
    path = ":memory:" if request.param == "memory" else tmp_path / "data.db"
    with SQLiteAdapter(path) as adapter:
        adapter.execute("CREATE TABLE counters (name TEXT PRIMARY KEY, n INTEGER)")
        yield adapter


@pytest.fixture
def file_adapter(tmp_path: Path) -> Iterator[SQLiteAdapter]:
    with SQLiteAdapter(tmp_path / "data.db", timeout=0.2) as adapter:
        adapter.execute("CREATE TABLE counters (name TEXT PRIMARY KEY, n INTEGER)")
        yield adapter


def _names(adapter: SQLiteAdapter) -> list[str]:
    return [row["name"] for row in adapter.query("SELECT name FROM counters ORDER BY name")]


def _add(adapter: SQLiteAdapter, name: str) -> None:
    adapter.execute("INSERT INTO counters (name, n) VALUES (?, 0)", (name,))


def _is_locked(path: Path) -> bool:
    """Return True if a connection holds the write lock of the file."""
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    finally:
        other.close()
    return False


def test_a_transaction_commits_and_its_connection_is_over_afterwards(adapter: SQLiteAdapter) -> None:
    with adapter.transaction() as conn:
        conn.execute("INSERT INTO counters VALUES (?, ?)", ("a", 1))
    assert _names(adapter) == ["a"]
    with pytest.raises(QueryError, match="is over"):
        conn.execute("SELECT 1")


@pytest.mark.parametrize("error", [KeyError("x"), KeyboardInterrupt(), QueryError("mine")])
def test_an_error_rolls_back_and_is_raised_again_as_it_was(adapter: SQLiteAdapter, error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, adapter.transaction():
        _add(adapter, "a")
        raise error
    assert caught.value is error
    assert _names(adapter) == []


def test_schema_changes_are_rolled_back_too(adapter: SQLiteAdapter) -> None:
    with pytest.raises(KeyError), adapter.transaction() as conn:
        conn.execute("CREATE TABLE late (a)")
        raise KeyError
    with pytest.raises(QueryError, match="no such table: late"):
        adapter.query("SELECT * FROM late")


def test_statements_of_the_adapter_inside_a_transaction_are_part_of_it(adapter: SQLiteAdapter) -> None:
    with pytest.raises(KeyError), adapter.transaction():
        _add(adapter, "a")
        adapter.executemany("INSERT INTO counters VALUES (?, 0)", [("b",)])
        adapter.insert("counters", {"name": "c", "n": 0})
        adapter.insert_many("counters", [{"name": "d", "n": 0}])
        assert _names(adapter) == ["a", "b", "c", "d"]
        raise KeyError
    assert _names(adapter) == []


def test_a_nested_transaction_is_a_savepoint(adapter: SQLiteAdapter) -> None:
    with adapter.transaction() as outer:
        _add(adapter, "a")
        with pytest.raises(IntegrityError), adapter.transaction() as inner:
            _add(adapter, "b")
            inner.execute("INSERT INTO counters VALUES ('a', 0)")
        with adapter.transaction():
            _add(adapter, "c")
            with pytest.raises(KeyError), adapter.transaction():
                _add(adapter, "d")
                raise KeyError
        outer.execute("INSERT INTO counters VALUES ('e', 0)")
    assert _names(adapter) == ["a", "c", "e"]


def test_a_failed_statement_leaves_the_rest_of_its_transaction(adapter: SQLiteAdapter) -> None:
    with adapter.transaction() as conn:
        _add(adapter, "a")
        with pytest.raises(IntegrityError):
            conn.execute("INSERT INTO counters VALUES ('a', 0)")
    assert _names(adapter) == ["a"]


def test_a_constraint_that_fails_at_commit_rolls_back_and_the_next_transaction_works(adapter: SQLiteAdapter) -> None:
    adapter.execute("CREATE TABLE child (name TEXT REFERENCES counters (name) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), adapter.transaction() as conn:
        conn.execute("INSERT INTO child VALUES ('nobody')")
    _add(adapter, "a")
    assert adapter.query("SELECT * FROM child") == []


def test_foreign_keys_are_enforced(adapter: SQLiteAdapter) -> None:
    adapter.execute("CREATE TABLE child (name TEXT REFERENCES counters (name))")
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        adapter.insert("child", {"name": "nobody"})


def test_a_readonly_transaction_and_query_refuse_to_write(adapter: SQLiteAdapter) -> None:
    with adapter.transaction(readonly=True) as conn:
        assert conn.execute("SELECT * FROM counters").fetchall() == []
        with pytest.raises(QueryError, match="read-only"):
            conn.execute("INSERT INTO counters VALUES ('a', 0)")
        with pytest.raises(QueryError, match="read-only"):
            _add(adapter, "a")
        with adapter.transaction(readonly=True) as inner:
            assert inner.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(QueryError, match="cannot begin inside a read-only one"), adapter.transaction():
            pass
    with pytest.raises(QueryError, match="read-only"):
        adapter.query("INSERT INTO counters VALUES ('a', 0) RETURNING name")
    _add(adapter, "b")
    assert _names(adapter) == ["b"]


def test_a_writing_transaction_holds_the_lock_from_its_beginning_and_reads_never_do(
    file_adapter: SQLiteAdapter,
) -> None:
    path = file_adapter.path
    assert path is not None
    with file_adapter.transaction():
        assert _is_locked(path)
    with file_adapter.transaction(readonly=True) as conn:
        conn.execute("SELECT * FROM counters").fetchall()
        assert not _is_locked(path)
    with file_adapter.engine.begin():
        assert _is_locked(path)
    with file_adapter.reader.begin() as raw:
        raw.execute(sa.select(COUNTERS)).all()
        assert not _is_locked(path)
    assert not _is_locked(path)


@pytest.mark.parametrize("statement", [sa.select(COUNTERS), sa.text("SELECT * FROM counters")])
def test_an_engine_connection_that_starts_with_a_select_only_reads(
    file_adapter: SQLiteAdapter, statement: sa.Executable
) -> None:
    path = file_adapter.path
    assert path is not None
    with file_adapter.engine.connect() as raw:
        raw.execute(statement).all()
        assert not _is_locked(path)
        with pytest.raises(QueryError, match="read-only"):
            raw.execute(sa.insert(COUNTERS), {"name": "a", "n": 0})
        raw.rollback()
        raw.execute(sa.insert(COUNTERS), {"name": "a", "n": 0})
        assert _is_locked(path)
        raw.commit()
        with raw.begin():
            raw.execute(statement).all()
            assert _is_locked(path)
    assert _names(file_adapter) == ["a"]


def test_adapter_execute_of_a_select_waits_for_no_writer(file_adapter: SQLiteAdapter) -> None:
    assert file_adapter.path is not None
    writer = sqlite3.connect(file_adapter.path, isolation_level=None)
    try:
        writer.execute("BEGIN IMMEDIATE")
        assert file_adapter.execute("SELECT count(*) FROM counters").fetchone() == (0,)
        assert file_adapter.query("SELECT * FROM counters") == []
        with pytest.raises(DatabaseError, match=r"another writer held the lock for 0\.2 s") as caught:
            _add(file_adapter, "a")
        assert caught.value.retryable
        assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    finally:
        writer.close()
    _add(file_adapter, "a")


def test_an_engine_connection_whose_begin_fails_is_closed(file_adapter: SQLiteAdapter) -> None:
    """SQLAlchemy would otherwise run its next statements without a transaction."""
    assert file_adapter.path is not None
    writer = sqlite3.connect(file_adapter.path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        with file_adapter.engine.connect() as raw:
            with pytest.raises(DatabaseError, match="another writer"):
                raw.execute(sa.insert(COUNTERS), {"name": "a", "n": 0})
            writer.execute("ROLLBACK")
            with pytest.raises(sa.exc.ResourceClosedError):
                raw.execute(sa.insert(COUNTERS), {"name": "a", "n": 0})
    finally:
        writer.close()
    assert _names(file_adapter) == []


def test_autocommit_on_the_engine_begins_nothing(file_adapter: SQLiteAdapter) -> None:
    _names(file_adapter)  # leaves a connection that only reads in the pool
    with file_adapter.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
        raw.exec_driver_sql("INSERT INTO counters VALUES ('a', 0)")
        raw.exec_driver_sql("VACUUM")
    with file_adapter.engine.connect().execution_options(**{READONLY: True}) as raw:
        assert raw.exec_driver_sql("SELECT name FROM counters").all() == [("a",)]
    _add(file_adapter, "b")
    assert _names(file_adapter) == ["a", "b"]


def test_a_full_disk_is_a_storage_error_and_ends_the_transaction(file_adapter: SQLiteAdapter) -> None:
    """SQLite may roll back by itself; what follows in the block must not be committed statement by statement."""
    with pytest.raises(QueryError, match="an earlier error ended this transaction"), file_adapter.transaction() as conn:
        _add(file_adapter, "a")
        conn.execute("PRAGMA max_page_count = 10")
        with pytest.raises(StorageError, match="the disk is full"), file_adapter.transaction():
            file_adapter.insert("counters", {"name": "x" * 1_000_000, "n": 0})
        _add(file_adapter, "b")
    assert _names(file_adapter) == []
    _add(file_adapter, "c")
    assert file_adapter.query("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_a_connection_of_sqlite_that_is_closed_gives_up_its_lock_although_a_traceback_refers_to_its_statement(
    tmp_path: Path,
) -> None:
    with (
        SQLiteAdapter(tmp_path / "data.db") as adapter,
        SQLiteAdapter(tmp_path / "data.db", timeout=0) as other,
    ):
        adapter.execute("CREATE TABLE t (a)")
        closed = adapter.engine.connect()
        closed.begin()
        kept = closed.connection.cursor().execute("SELECT 1 UNION SELECT 2")
        closed.invalidate()
        other.execute("INSERT INTO t VALUES (1)")
        assert kept is not None
