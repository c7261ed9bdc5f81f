# ruff: noqa: PT012  # where a statement fails in a transaction is part of what these tests are about
"""Typed errors for the errors of a real server."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.errors import (
    DatabaseConnectionError,
    DatabaseError,
    IntegrityError,
    QueryError,
    error_to_dict,
    is_retryable,
)
from spine_db_postgres.adapter import PostgreSQLAdapter
from tests.projects import DEADLINE_SECONDS

SECRET = "sesame"


@pytest.fixture
def adapter(new_postgres_database: Callable[[], str]) -> Iterator[DatabaseAdapter]:
    with get_adapter(new_postgres_database(), lock_timeout=0.2) as adapter:
        adapter.execute(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(20) UNIQUE CHECK (v <> 'sesame'), n INTEGER)"
        )
        adapter.insert_many("t", [{"id": 1, "v": "a", "n": 0}, {"id": 2, "v": "b", "n": 0}])
        yield adapter


@pytest.mark.parametrize(
    ("statement", "params", "error", "message"),
    [
        ("SELECT ?::integer", (SECRET,), QueryError, 'invalid input syntax for type integer: "..."'),
        ("SELECT ?::integer", ('sesame" or "sesame',), QueryError, 'invalid input syntax for type integer: "..."'),
        ("SELECT ?::text::date", (SECRET,), QueryError, 'invalid input syntax for type date: "..."'),
        ("SELECT ?::text::date", ("2026-13-45 sesame",), QueryError, '"..."'),
        ("SELECT ?::text::json", (SECRET,), QueryError, "invalid input syntax for type json"),
        ("SELECT ?::text::uuid", (SECRET,), QueryError, 'invalid input syntax for type uuid: "..."'),
        ("SELECT ?::text::integer", ("99999999999",), QueryError, 'value "..." is out of range for type integer'),
        ("SELECT ?::text::integer[]", (SECRET,), QueryError, 'malformed array literal: "..."'),
        ("SELECT 1 / ?", (0,), QueryError, "division by zero"),
        ("INSERT INTO t VALUES (3, ?, 0)", (SECRET * 10,), QueryError, "value too long for type character varying(20)"),
        ("INSERT INTO t VALUES (3, ?, 0)", (SECRET,), IntegrityError, 'violates check constraint "t_v_check"'),
        ("INSERT INTO t VALUES (3, 'sesame2', 0), (4, 'sesame2', 0)", (), IntegrityError, "duplicate key value"),
        ("INSERT INTO t VALUES (NULL, ?, 0)", (SECRET,), IntegrityError, 'null value in column "id"'),
        ("SELECT ?", (f"{SECRET}\0",), QueryError, "NUL"),
        ("SELECT ?", ({SECRET},), QueryError, "cannot adapt type 'set'"),
        ("SELECT ?", ([1, SECRET],), QueryError, "cannot dump lists of mixed types"),
        ("SELECT * FROM missing", (), QueryError, 'relation "missing" does not exist'),
        ("SELEC 1", (), QueryError, 'syntax error at or near "SELEC"'),
    ],
)
def test_the_errors_of_a_statement_say_what_is_wrong_and_show_no_value(
    adapter: DatabaseAdapter, statement: str, params: tuple[Any, ...], error: type[DatabaseError], message: str
) -> None:
    with pytest.raises(error) as caught:
        adapter.execute(statement, params)
    assert message in str(caught.value)
    assert str(caught.value).startswith(adapter.location)
    assert not is_retryable(caught.value)
    assert caught.value.__cause__ is not None
    shown = "".join(traceback.format_exception_only(caught.value.__cause__)) + repr(error_to_dict(caught.value))
    for value in params:
        if isinstance(value, str):
            assert value not in shown
    assert "sesame" not in shown


def test_the_errors_of_copy_show_no_value_either(adapter: DatabaseAdapter) -> None:
    with pytest.raises(QueryError, match="invalid input syntax for type integer") as caught:
        adapter.bulk_load("t", [{"id": 3, "n": SECRET}])
    assert SECRET not in "".join(traceback.format_exception_only(caught.value.__cause__))
    with pytest.raises(IntegrityError, match="duplicate key value"):
        adapter.bulk_load("t", [{"id": 1}])
    with pytest.raises(QueryError, match="invalid byte sequence for encoding"):
        adapter.bulk_load("t", [{"id": 3, "v": "a\0"}])


def test_an_error_names_the_table_the_column_and_the_row_where_the_server_knows_them(adapter: DatabaseAdapter) -> None:
    rows = [{"id": number, "v": f"\n{number}", "n": str(number)} for number in range(10, 9010)]
    with pytest.raises(QueryError, match=r"\(table t, column n, row 8501\)"):
        adapter.bulk_load("t", [*rows[:8500], {**rows[8500], "n": SECRET}, *rows[8501:]])
    with pytest.raises(IntegrityError, match=r'unique constraint "t_pkey" \(table t, row 2\)'):
        adapter.bulk_load("t", [{"id": 10}, {"id": 1}])
    with pytest.raises(IntegrityError, match=r'unique constraint "t_pkey" \(table t\)'):
        adapter.insert_many("t", [{"id": 10}, {"id": 1}])


def test_a_lock_that_is_not_given_in_time_is_retryable(adapter: DatabaseAdapter) -> None:
    with adapter.transaction() as conn, ThreadPoolExecutor(1) as threads:
        conn.execute("UPDATE t SET n = 1 WHERE id = 1")
        waiting = threads.submit(adapter.execute, "UPDATE t SET n = 2 WHERE id = 1")
        with pytest.raises(DatabaseError, match="lock timeout") as caught:
            waiting.result(DEADLINE_SECONDS)
    assert is_retryable(caught.value)


@pytest.mark.slow
def test_a_deadlock_is_retryable(new_postgres_database: Callable[[], str]) -> None:
    with get_adapter(new_postgres_database()) as adapter:
        adapter.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
        adapter.insert_many("t", [{"id": 1, "n": 0}, {"id": 2, "n": 0}])
        barrier = threading.Barrier(2)

        def lock_both(first: int, second: int) -> Exception | None:
            try:
                with adapter.transaction() as conn:
                    conn.execute("UPDATE t SET n = n + 1 WHERE id = ?", (first,))
                    barrier.wait(DEADLINE_SECONDS)
                    conn.execute("UPDATE t SET n = n + 1 WHERE id = ?", (second,))
            except DatabaseError as error:
                return error
            return None

        with ThreadPoolExecutor(2) as threads:
            outcomes = list(threads.map(lock_both, (1, 2), (2, 1)))
        [error] = [outcome for outcome in outcomes if outcome is not None]
        assert "deadlock detected" in str(error)
        assert is_retryable(error)
        assert adapter.query("SELECT n FROM t") == [{"n": 1}, {"n": 1}]


def test_a_serialization_failure_is_retryable(adapter: DatabaseAdapter) -> None:
    with pytest.raises(DatabaseError, match="could not serialize access") as caught, adapter.transaction() as conn:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        conn.execute("SELECT n FROM t").fetchall()
        with ThreadPoolExecutor(1) as threads:
            threads.submit(adapter.execute, "UPDATE t SET n = 5").result(DEADLINE_SECONDS)
        conn.execute("UPDATE t SET n = 6")
    assert is_retryable(caught.value)
    assert adapter.query("SELECT DISTINCT n FROM t") == [{"n": 5}]


def test_a_statement_that_a_timeout_ends_is_not_retryable(adapter: DatabaseAdapter) -> None:
    with pytest.raises(QueryError, match="statement timeout") as caught, adapter.transaction() as conn:
        conn.execute("SET LOCAL statement_timeout = '50ms'")
        conn.execute("SELECT pg_sleep(10)")
    assert not is_retryable(caught.value)


def test_a_table_that_another_process_changed_is_retryable_and_then_works(adapter: DatabaseAdapter) -> None:
    """psycopg prepares a statement that comes often; its plan does not survive a new column."""
    with adapter.engine.connect() as raw:
        for _ in range(8):
            raw.exec_driver_sql("SELECT * FROM t").all()
        raw.commit()
        adapter.execute("ALTER TABLE t ADD COLUMN late TEXT")
        with pytest.raises(DatabaseError, match="cached plan must not change result type") as caught:
            raw.exec_driver_sql("SELECT * FROM t").all()
        assert is_retryable(caught.value)
        raw.rollback()
        assert len(raw.exec_driver_sql("SELECT * FROM t").all()[0]) == 4


def test_a_write_that_a_server_refuses_as_a_standby_does_is_retryable(adapter: DatabaseAdapter) -> None:
    with (
        pytest.raises(DatabaseConnectionError, match="the server takes no writes now") as caught,
        adapter.transaction() as conn,
    ):
        conn.execute("SET TRANSACTION READ ONLY")
        conn.execute("UPDATE t SET n = 1")
    assert is_retryable(caught.value)
    with pytest.raises(QueryError, match="read-only transaction"):
        adapter.query("UPDATE t SET n = 1 RETURNING n")
    adapter.execute("UPDATE t SET n = 1")


def test_a_prepared_statement_that_a_pooler_forgot_is_retryable_and_names_the_setting(adapter: DatabaseAdapter) -> None:
    with adapter.engine.connect() as raw:
        for _ in range(8):
            raw.exec_driver_sql("SELECT * FROM t").all()
        driver: Any = raw.connection.driver_connection
        driver.pgconn.exec_(b"DEALLOCATE ALL")  # unseen by psycopg
        with pytest.raises(DatabaseConnectionError, match="set prepared_statements = false") as caught:
            raw.exec_driver_sql("SELECT * FROM t").all()
    assert is_retryable(caught.value)
    assert len(adapter.query("SELECT * FROM t")) == 2


def test_an_exhausted_pool_is_retryable(postgres_url: str) -> None:
    with (
        get_adapter(postgres_url, pool_size=1, max_overflow=0, pool_timeout=0.1) as adapter,
        adapter.transaction(),
        ThreadPoolExecutor(1) as threads,
    ):
        for use in (lambda: adapter.query("SELECT 1"), lambda: adapter.engine.connect()):
            with pytest.raises(DatabaseConnectionError) as caught:
                threads.submit(use).result(DEADLINE_SECONDS)
            assert is_retryable(caught.value)
            assert str(caught.value) == (
                f"{adapter.location}: every connection of the pool is in use, none of 1 was free within 0.1 s "
                "(pool_size = 1, max_overflow = 0): raise pool_size or max_overflow of this database in spine.toml, or "
                "let fewer steps use it at once"
            )


def test_a_server_that_is_not_there_is_retryable() -> None:
    for adapter in (PostgreSQLAdapter("/nowhere"), PostgreSQLAdapter("127.0.0.1", 1, connect_timeout=2)):
        with pytest.raises(DatabaseConnectionError, match="failed") as caught:
            adapter.query("SELECT 1")
        assert is_retryable(caught.value)
        assert not adapter.is_connected


def test_a_role_that_may_not_log_in_is_not_retryable(adapter: DatabaseAdapter, postgres_url: str) -> None:
    with pytest.raises(DatabaseConnectionError, match='role "nobody" does not exist') as caught:
        get_adapter(postgres_url, username="nobody").connect()
    assert not is_retryable(caught.value)


def test_a_session_that_is_ended_is_retryable_and_the_next_one_works(adapter: DatabaseAdapter) -> None:
    with pytest.raises(DatabaseConnectionError) as caught, adapter.transaction() as conn:
        row = conn.execute("SELECT pg_backend_pid() AS pid").fetchone()
        assert row is not None
        with ThreadPoolExecutor(1) as threads:
            threads.submit(adapter.execute, "SELECT pg_terminate_backend(?, 5000)", (row["pid"],)).result(
                DEADLINE_SECONDS
            )
        conn.execute("SELECT 1")
    assert is_retryable(caught.value)
    assert adapter.query("SELECT 1 AS one") == [{"one": 1}]
