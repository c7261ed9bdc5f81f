# ruff: noqa: PT012  # the server goes away inside of transactions
"""The server is restarted, and processes and threads share an adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pyarrow as pa
import pytest

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.errors import DatabaseConnectionError, QueryError, is_retryable
from spine.db.driver_statement import driver_connection
from tests.databases import PostgresServer
from tests.projects import DEADLINE_SECONDS


@pytest.fixture
def adapter(new_postgres_database: Callable[[], str]) -> Iterator[DatabaseAdapter]:
    with get_adapter(new_postgres_database()) as adapter:
        yield adapter


@pytest.mark.slow
def test_the_pool_recovers_after_a_restart_and_committed_work_is_there(own_postgres: PostgresServer) -> None:
    with get_adapter(own_postgres.url) as adapter:
        adapter.bulk_load("kept", pa.table({"n": range(5)}), create=True)
        with ThreadPoolExecutor(4) as threads:  # leaves several connections in the pool
            list(threads.map(lambda _: adapter.query("SELECT pg_sleep(0.05)"), range(4)))
        stream = adapter.stream("SELECT n FROM kept", batch_size=1)
        next(stream)

        with pytest.raises(DatabaseConnectionError) as caught, adapter.transaction() as conn:
            conn.execute("INSERT INTO kept VALUES (100)")
            own_postgres.restart()
            conn.execute("INSERT INTO kept VALUES (101)")
        assert is_retryable(caught.value)
        with pytest.raises(DatabaseConnectionError):
            list(stream)
        for _ in range(6):
            assert adapter.query_one("SELECT count(*) AS n FROM kept") == {"n": 5}

        def endless() -> Iterator[pa.RecordBatch]:
            yield pa.record_batch({"n": [1]})
            own_postgres.restart()
            while True:
                yield pa.record_batch({"n": range(1000)})

        with pytest.raises(DatabaseConnectionError) as caught:
            adapter.bulk_load("kept", endless())
        assert is_retryable(caught.value)
        assert adapter.query_one("SELECT count(*) AS n FROM kept") == {"n": 5}
        assert adapter.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of a QueuePool


def test_readonly_is_part_of_begin_and_gone_with_its_transaction(adapter: DatabaseAdapter) -> None:
    settings = "SELECT current_setting('transaction_read_only') AS r, current_setting('transaction_isolation') AS i"
    reading, writing = {"r": "on", "i": "repeatable read"}, {"r": "off", "i": "read committed"}
    for _ in range(3):
        assert adapter.query_one(settings) == reading
        with adapter.transaction() as conn:
            row = conn.execute(settings).fetchone()
            assert row is not None
            assert dict(row) == writing
            assert adapter.query_one(settings) == writing
        with adapter.reader.connect() as raw:
            assert raw.exec_driver_sql(settings).one() == ("on", "repeatable read")
        with adapter.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
            raw.exec_driver_sql("CREATE TABLE a (n INTEGER)")
            raw.exec_driver_sql("DROP TABLE a")


def test_a_named_lock_excludes_others_until_its_transaction_ends(adapter: DatabaseAdapter) -> None:
    with ThreadPoolExecutor(1) as threads:

        def lock() -> None:
            with adapter.transaction() as conn:
                adapter.lock(conn.raw, "migrate")

        with adapter.transaction() as conn:
            adapter.lock(conn.raw, "migrate")
            adapter.lock(conn.raw, "migrate")
            waiting = threads.submit(lock)
            with adapter.transaction() as inner:
                adapter.lock(inner.raw, "other")
            assert not waiting.done()
        waiting.result(DEADLINE_SECONDS)


def test_the_operators_of_json_are_written_with_two_question_marks(adapter: DatabaseAdapter) -> None:
    sql = """SELECT '{"a": 1}'::jsonb ?? ? AS has, '{"a": 1}'::jsonb ??| array[?, 'z'] AS any, $$?$$ AS dollar"""
    assert adapter.query_one(sql, ("a", "b")) == {"has": True, "any": False, "dollar": "?"}
    assert next(adapter.stream(sql, ("a", "b"))) == [{"has": True, "any": False, "dollar": "?"}]


def test_postgresqls_own_types_become_arrows(adapter: DatabaseAdapter) -> None:
    adapter.execute(
        "CREATE TABLE t (u UUID, j JSONB, i INET, a INTEGER[], n NUMERIC(50, 3), m NUMERIC, z TIMESTAMPTZ, c CHAR(2))"
    )
    adapter.execute(
        "INSERT INTO t VALUES ('00000000-0000-0000-0000-000000000001', '\"text\"', '10.0.0.1', '{1,2}', 1.5, 2.25, "
        "'2026-01-02 03:04:05+02', 'x')"
    )
    adapter.execute("INSERT INTO t (u) VALUES (NULL)")
    table = adapter.read_arrow("SELECT * FROM t ORDER BY u")
    assert [str(kind) for kind in table.schema.types] == [
        "string",
        "string",
        "string",
        "list<item: int32>",
        "decimal256(50, 3)",
        "decimal128(3, 2)",
        "timestamp[us, tz=UTC]",
        "string",
    ]
    row = table.to_pylist()[0]
    assert (row["u"], row["j"], row["i"]) == ("00000000-0000-0000-0000-000000000001", '"text"', "10.0.0.1")
    assert row["z"].isoformat() == "2026-01-02T01:04:05+00:00"
    assert set(table.to_pylist()[1].values()) == {None}
    assert [str(kind) for kind in adapter.read_arrow("SELECT u, n, z FROM t WHERE false").schema.types] == [
        "string",
        "decimal256(50, 3)",
        "timestamp[us, tz=UTC]",
    ]


def test_a_failed_statement_ends_the_transaction_for_the_ones_that_follow(adapter: DatabaseAdapter) -> None:
    with pytest.raises(QueryError, match="current transaction is aborted"), adapter.transaction() as conn:
        with pytest.raises(QueryError):
            conn.execute("SELECT * FROM missing")
        conn.execute("SELECT 1")
    assert adapter.query("SELECT 1 AS one") == [{"one": 1}]


def test_a_connection_that_the_server_ended_meanwhile_is_not_used(new_postgres_database: Callable[[], str]) -> None:
    url = new_postgres_database()
    with get_adapter(url) as adapter, psycopg.connect(_for_psycopg(url), autocommit=True) as other:
        for _ in range(3):
            [gone] = adapter.query("SELECT pg_backend_pid() AS pid")
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [gone["pid"]])
            [found] = adapter.query("SELECT pg_backend_pid() AS pid")  # without an error
            assert found["pid"] != gone["pid"]


def test_a_connection_in_use_is_not_asked_whether_it_lives(new_postgres_database: Callable[[], str]) -> None:
    url = new_postgres_database()
    last = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with get_adapter(url) as adapter, psycopg.connect(_for_psycopg(url), autocommit=True) as other:
        adapter.query("SELECT 1 AS n")
        with adapter.engine.connect():  # taken from the pool, and not used
            assert other.execute(last).fetchall() in ([("ROLLBACK",)], [("COMMIT",)])


def test_a_connection_that_was_idle_for_some_seconds_is_asked(
    adapter: DatabaseAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    adapter.query("SELECT 1 AS n")
    monkeypatch.setattr("spine_db_postgres.liveness._TRUSTED_SECONDS", 0.0)
    monkeypatch.setattr("spine_db_postgres.liveness._answers", lambda driver: asked.append(driver) is None)
    adapter.query("SELECT 1 AS n")
    assert len(asked) == 1


def _for_psycopg(url: str) -> str:
    return url.replace("postgresql+psycopg", "postgresql")


@pytest.mark.slow
def test_the_driver_used_directly_says_that_the_server_is_away(own_postgres: PostgresServer) -> None:
    with get_adapter(own_postgres.url) as adapter:
        adapter.query("SELECT 1 AS n")
        own_postgres.halt()
        with pytest.raises(DatabaseConnectionError) as caught, driver_connection(adapter):
            pass
        assert is_retryable(caught.value)
        own_postgres.restart()
        with driver_connection(adapter) as connection:
            assert connection.cursor().execute("SELECT 1").fetchone() == (1,)
