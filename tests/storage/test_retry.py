"""What a step records beside its own work survives the loss of its connection to the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from spine.core.adapters.database import DatabaseAdapter
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.history import History
from spine.storage.named_databases import list_connections, record_connection
from spine.storage.sources.catalog import record_source
from spine.storage.sources.rejects import SqlRejectStore


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
