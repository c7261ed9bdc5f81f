from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from spine.core.adapters.database import SQLiteAdapter, get_adapter
from spine.core.errors import ConfigError, DatabaseConnectionError, DatabaseError, InvalidConfigError, QueryError


@pytest.fixture
def unprivileged_folder() -> Iterator[Path]:
    """A folder that the process may read and not write; as root, the test runs with the rights of another user."""
    folder = Path(tempfile.mkdtemp())
    was_root = os.geteuid() == 0
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR | stat.S_IROTH | stat.S_IXOTH | stat.S_IRGRP | stat.S_IXGRP)
    if was_root:
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if was_root:
            os.seteuid(0)
        folder.chmod(stat.S_IRWXU)
        shutil.rmtree(folder)


def test_using_an_adapter_connects_it_and_makes_the_folder_of_its_file(tmp_path: Path) -> None:
    adapter = SQLiteAdapter(tmp_path / "a" / "b" / "data.db")
    assert not adapter.is_connected
    assert not (tmp_path / "a").exists()
    assert adapter.query("SELECT 1 AS one") == [{"one": 1}]
    assert adapter.is_connected
    assert (tmp_path / "a" / "b" / "data.db").exists()
    adapter.disconnect()


def test_disconnect_is_harmless_and_connecting_again_works(tmp_path: Path) -> None:
    adapter = SQLiteAdapter(tmp_path / "data.db")
    adapter.disconnect()
    adapter.connect()
    adapter.connect()
    adapter.execute("CREATE TABLE t (a)")
    adapter.disconnect()
    adapter.disconnect()
    assert not adapter.is_connected
    adapter.connect()
    assert adapter.query("SELECT * FROM t") == []
    with adapter as same:
        assert same is adapter
    assert not adapter.is_connected


def test_a_relative_path_is_meant_from_where_the_adapter_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    adapter = SQLiteAdapter("data.db")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with adapter:
        assert (tmp_path / "data.db").exists()


@pytest.mark.parametrize("name", ["a b.db", "a?mode=ro.db", "a%20b#c.db", "ü.db", "file:x.db"])
def test_a_path_is_taken_as_it_is_written(tmp_path: Path, name: str) -> None:
    with SQLiteAdapter(tmp_path / name) as adapter:
        adapter.execute("CREATE TABLE t (a)")
    assert (tmp_path / name).is_file()


def test_files_are_in_wal_mode_and_synchronous_is_a_setting(tmp_path: Path) -> None:
    with SQLiteAdapter(tmp_path / "data.db") as adapter:
        assert adapter.query_one("PRAGMA journal_mode") == {"journal_mode": "wal"}
        assert adapter.query_one("PRAGMA synchronous") == {"synchronous": 1}
        assert adapter.query_one("PRAGMA busy_timeout") == {"timeout": 30_000}
        assert adapter.query_one("PRAGMA foreign_keys") == {"foreign_keys": 1}
    with SQLiteAdapter(tmp_path / "data.db", synchronous="full", timeout=1.5) as adapter:
        assert adapter.query_one("PRAGMA synchronous") == {"synchronous": 2}
        assert adapter.query_one("PRAGMA busy_timeout") == {"timeout": 1_500}


def test_readonly_reads_and_refuses_writes(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    with SQLiteAdapter(path) as adapter:
        adapter.execute("CREATE TABLE t (a)")
    with SQLiteAdapter(path, readonly=True) as adapter:
        assert adapter.query("SELECT * FROM t") == []
        with pytest.raises(QueryError, match=f"{path}: a write was refused: .*read-only"):
            adapter.insert("t", {"a": 1})
        with adapter.transaction() as conn:
            assert conn.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_readonly_sees_what_a_writer_commits(tmp_path: Path) -> None:
    with SQLiteAdapter(tmp_path / "data.db") as writer:
        writer.execute("CREATE TABLE t (a)")
        with SQLiteAdapter(tmp_path / "data.db", readonly=True) as reader:
            writer.insert("t", {"a": 1})
            assert reader.query("SELECT * FROM t") == [{"a": 1}]


def test_readonly_never_makes_a_file(tmp_path: Path) -> None:
    adapter = SQLiteAdapter(tmp_path / "sub" / "data.db", readonly=True)
    with pytest.raises(DatabaseConnectionError, match="there is no such file, and readonly=True does not create one"):
        adapter.connect()
    assert not adapter.is_connected
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_is_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatabaseConnectionError) as caught:
        SQLiteAdapter(tmp_path).connect()
    told = "the path is a folder, not a file (look closer with spine doctor)"
    assert str(caught.value) == f"SQLite database {tmp_path}: {told}"
    assert not caught.value.retryable


@pytest.mark.parametrize("readonly", [False, True])
def test_a_file_of_another_kind_is_said(tmp_path: Path, readonly: bool) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database\n" * 100)
    with pytest.raises(DatabaseConnectionError) as caught:
        SQLiteAdapter(path, readonly=readonly).connect()
    told = "the file is not a SQLite database (look closer with spine doctor)"
    assert str(caught.value) == f"SQLite database {path}: {told}"
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)
    assert not caught.value.retryable


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseConnectionError, match="its folder cannot be created: Not a directory"):
        SQLiteAdapter(tmp_path / "file" / "sub" / "data.db").connect()


def test_a_folder_that_may_not_be_written_is_said(unprivileged_folder: Path) -> None:
    with pytest.raises(DatabaseConnectionError, match="the file cannot be opened or created"):
        SQLiteAdapter(unprivileged_folder / "data.db").connect()
    with pytest.raises(DatabaseConnectionError, match="its folder cannot be created: Permission denied"):
        SQLiteAdapter(unprivileged_folder / "sub" / "data.db").connect()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"timeout": -1}, InvalidConfigError, "timeout is 0 to 1000000 seconds, not -1"),
        ({"synchronous": "sometimes"}, InvalidConfigError, "synchronous is 'normal' or 'full', not 'sometimes'"),
        ({"path": ""}, InvalidConfigError, "'' is not the path of a SQLite database"),
        ({"readonly": True}, ConfigError, "a SQLite database in memory cannot be opened with readonly=True"),
    ],
)
def test_options_that_cannot_be_are_refused_at_once(
    options: dict[str, object], error: type[ConfigError], message: str
) -> None:
    with pytest.raises(error, match=message):
        SQLiteAdapter(**options)  # type: ignore[arg-type]


def test_each_memory_database_is_its_adapters_own() -> None:
    with SQLiteAdapter() as one, SQLiteAdapter() as other:
        one.execute("CREATE TABLE t (a)")
        with pytest.raises(DatabaseError, match="SQLite database in memory: no such table: t"):
            other.query("SELECT * FROM t")


def test_a_connection_that_a_thread_still_holds_is_closed_when_it_is_returned(database_url: str) -> None:
    adapter = get_adapter(database_url)
    held = adapter.engine.connect()
    driver = held.connection.dbapi_connection
    assert driver is not None
    adapter.disconnect()
    assert held.exec_driver_sql("SELECT 1").scalar() == 1
    held.close()
    with pytest.raises(Exception, match="closed"):
        driver.execute("SELECT 1")  # type: ignore[attr-defined]  # both drivers have it
    with adapter:
        assert adapter.query_one("SELECT 1 AS n") == {"n": 1}
