from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from spine.core.adapters.database import DatabaseAdapter, SQLiteAdapter
from spine.core.scope import Scope
from spine.framework.captures import CaptureStore, MemoryCaptureStore, PayloadStore
from spine.framework.rejects import MemoryRejectStore, RejectStore
from spine.history.capture_store import SqlCaptureStore
from spine.history.reject_store import SqlRejectStore
from spine.history.run_store import SqlRunStore
from spine.history.schema import ensure_schema
from spine.orchestration.run_store import MemoryRunStore, RunStore

STORES = ["memory", "sql"]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[DatabaseAdapter]:
    """A database without any table."""
    with SQLiteAdapter(tmp_path / "spine.db") as found:
        yield found


@pytest.fixture
def adapter(empty: DatabaseAdapter) -> DatabaseAdapter:
    """A database with the tables of the history."""
    ensure_schema(empty)
    return empty


@pytest.fixture(params=STORES)
def capture_store(request: pytest.FixtureRequest, own_scope: Scope, tmp_path: Path) -> CaptureStore:
    """Each kind of capture store, the current one while the test runs."""
    payloads = PayloadStore(tmp_path / "captures")
    found: CaptureStore
    if request.param == "memory":
        found = MemoryCaptureStore(payloads)
    else:
        found = SqlCaptureStore(request.getfixturevalue("adapter"), payloads)
    return own_scope.provide(CaptureStore, found)  # type: ignore[type-abstract]


@pytest.fixture(params=STORES)
def reject_store(request: pytest.FixtureRequest, own_scope: Scope) -> RejectStore:
    """Each kind of reject store, the current one while the test runs."""
    sql = request.param == "sql"
    found: RejectStore = SqlRejectStore(request.getfixturevalue("adapter")) if sql else MemoryRejectStore()
    return own_scope.provide(RejectStore, found)  # type: ignore[type-abstract]


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, own_scope: Scope, tmp_path: Path) -> RunStore:
    """Each kind of run store, with the capture and reject stores that belong to it, current while the test runs."""
    found: RunStore = MemoryRunStore()
    if request.param == "sql":
        adapter = request.getfixturevalue("adapter")
        found = SqlRunStore(adapter)
        own_scope.provide(CaptureStore, SqlCaptureStore(adapter, PayloadStore(tmp_path / "captures")))  # type: ignore[type-abstract]
        own_scope.provide(RejectStore, SqlRejectStore(adapter))  # type: ignore[type-abstract]
    return own_scope.provide(RunStore, found)  # type: ignore[type-abstract]
