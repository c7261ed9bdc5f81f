"""Named databases are recorded without secrets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.errors import DatabaseConnectionError
from spine.storage.history import History
from spine.storage.migrate import upgrade
from spine.storage.named_databases import list_connections, record_connection

OPTIONS = {"host": "db.internal", "port": 5432, "database": "x", "username": {"env": "PGUSER"}}


@pytest.fixture
def store(database_url: str) -> Iterator[DatabaseAdapter]:
    with get_adapter(database_url) as adapter:
        upgrade(adapter)
        yield adapter


def test_a_connection_is_remembered_and_then_its_error(store: DatabaseAdapter) -> None:
    record_connection(History(store), "warehouse", "postgresql", OPTIONS, None)
    [row] = list_connections(History(store))
    assert row["last_connected_at"] is not None
    assert (row["host"], row["port"], row["username"], row["last_error"]) == ("db.internal", 5432, "env:PGUSER", None)
    record_connection(History(store), "warehouse", "postgresql", OPTIONS, DatabaseConnectionError("gone"))
    [again] = list_connections(History(store))
    assert again["last_error"] == "gone"
    assert again["last_connected_at"] == row["last_connected_at"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [({"env": "PGPASS", "default": "canary"}, "env:PGPASS"), ({"file": "pw.txt"}, "file:pw.txt"), ("canary", None)],
)
def test_only_the_reference_of_a_password_is_kept(store: DatabaseAdapter, written: object, kept: str | None) -> None:
    record_connection(History(store), "warehouse", "postgresql", {**OPTIONS, "password": written}, None)
    [row] = list_connections(History(store))
    assert row["password_ref"] == kept
    assert "canary" not in str(row)
