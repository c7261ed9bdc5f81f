"""What a step records beside its own work survives the loss of its connection to the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from attrs import evolve
from sqlalchemy import event

from spine.core.adapters.database import DatabaseAdapter
from spine.framework.rejects import Reject
from spine.framework.sources.state import SourceState, encode
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.history import History
from spine.storage.named_databases import list_connections, record_connection
from spine.storage.runs.staged import SqlStagedStore
from spine.storage.runs.store import SqlRunStore
from spine.storage.sources.catalog import record_source
from spine.storage.sources.rejects import SqlRejectStore
from spine.storage.sources.state import SqlSourceStateStore
from tests.storage.records import RUN, create


@pytest.fixture
def history(new_store: Callable[[str], DatabaseAdapter]) -> Iterator[History]:
    """A history on a server, which ends the connection of the first statement that writes, or reads rejects."""
    adapter, other = new_store("postgresql"), new_store("postgresql")
    ended: list[int] = []

    def end(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not ended and (not statement.startswith("SELECT") or "rejects" in statement):
            ended.append(connection.connection.driver_connection.info.backend_pid)
            other.query("SELECT pg_terminate_backend(?, 10000)", (ended[0],))

    event.listen(adapter.engine, "after_cursor_execute", end)
    yield History(adapter)
    assert ended


def test_the_record_of_a_source_is_written_again(history: History) -> None:
    record_source(history, "prices", "file", {}, None)
    assert [row["name"] for row in history.adapter.query("SELECT name FROM core_sources")] == ["prices"]


@pytest.mark.slow
def test_the_record_of_a_named_database_is_written_again(history: History) -> None:
    record_connection(history, "own", "sqlite", {}, None)
    assert [row["name"] for row in list_connections(history)] == ["own"]


def test_the_record_of_a_channel_is_written_again(history: History) -> None:
    row = {"name": "ops", "channel_type": "console", "config": {}, "min_severity": "INFO", "domains": []}
    row |= {"enabled": True, "throttle_minutes": 0, "fallback": None}
    SqlAlertStore(history).sync_channels([row])
    assert [row["name"] for row in history.adapter.query("SELECT name FROM core_alert_channels")] == ["ops"]


def test_rejects_are_read_again(history: History) -> None:
    assert SqlRejectStore(history).list_rejects() == []


@pytest.fixture
def lost_answer(new_store: Callable[[str], DatabaseAdapter], monkeypatch: pytest.MonkeyPatch) -> History:
    """A history on a server, whose first commit is made although its connection fails."""
    adapter = new_store("postgresql")
    dialect = adapter.engine.dialect
    commit, lost = dialect.do_commit, iter([True])

    def commit_and_fail(connection: Any) -> None:
        commit(connection)
        if next(lost, False):
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(dialect, "do_commit", commit_and_fail)
    return History(adapter)


def test_rows_that_a_pipeline_has_quarantined_are_not_written_twice_when_the_answer_is_lost(
    lost_answer: History,
) -> None:
    reject = Reject("prices", reason="blank", raw="", location="x", line_number=1)
    SqlStagedStore(lost_answer).commit([reject, SourceState("prices", encode(7), None)])
    assert [kept.id for kept in SqlRejectStore(lost_answer).list_rejects()] == [reject.id]
    assert SqlSourceStateStore(lost_answer).get("prices") is not None


@pytest.mark.parametrize(("key", "limits"), [(None, {}), (None, {"api": 1}), ("k", {}), ("k", {"api": 1})])
def test_a_run_is_created_once_when_the_answer_is_lost(
    key: str | None, limits: dict[str, int], lost_answer: History
) -> None:
    store = SqlRunStore(lost_answer)
    made = create(store, evolve(RUN, idempotency_key=key), **limits)
    assert (made.run_id, made.fence) == (RUN.run_id, RUN.fence + 1)
    assert store.get_run(RUN.run_id) == made


def test_a_run_is_submitted_once_when_the_answer_is_lost(lost_answer: History) -> None:
    store = SqlRunStore(lost_answer)
    assert store.submit(RUN, {}, None).run_id == RUN.run_id
    assert store.get_run(RUN.run_id) is not None
