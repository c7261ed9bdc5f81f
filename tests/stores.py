"""Fixtures of stores: in memory, and in SQL on both dialects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.scope import Scope
from spine.framework.captures import CaptureStore, MemoryCaptureStore, PayloadStore
from spine.framework.rejects import MemoryRejectStore, RejectStore
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.orchestration.run_store import RunStore
from spine.storage.captures.store import SqlCaptureStore
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore
from spine.storage.sources.rejects import SqlRejectStore

STORES = ["memory", "sqlite", "postgresql"]


@pytest.fixture
def new_store(new_history: Callable[[str], str]) -> Iterator[Callable[[str], DatabaseAdapter]]:
    """A function that makes a database of a dialect, with the tables of the history."""
    with ExitStack() as stack:

        def make(dialect: str) -> DatabaseAdapter:
            return stack.enter_context(get_adapter(new_history(dialect)))

        yield make


@pytest.fixture
def empty(database_url: str) -> Iterator[DatabaseAdapter]:
    """A database without any table, once for each dialect."""
    with get_adapter(database_url) as found:
        yield found


@pytest.fixture
def adapter(history_url: str) -> Iterator[DatabaseAdapter]:
    """A database with the tables of the history, once for each dialect."""
    with get_adapter(history_url) as found:
        yield found


@pytest.fixture(params=STORES)
def capture_store(
    request: pytest.FixtureRequest, own_scope: Scope, tmp_path: Path, new_store: Callable[[str], DatabaseAdapter]
) -> CaptureStore:
    """Each kind of capture store, the current one while the test runs."""
    payloads = PayloadStore(tmp_path / "captures")
    found: CaptureStore = MemoryCaptureStore(payloads)
    if request.param != "memory":
        found = SqlCaptureStore(History(new_store(request.param)), payloads)
    return own_scope.provide(CaptureStore, found)  # type: ignore[type-abstract]


@pytest.fixture(params=STORES)
def reject_store(
    request: pytest.FixtureRequest, own_scope: Scope, new_store: Callable[[str], DatabaseAdapter]
) -> RejectStore:
    """Each kind of reject store, the current one while the test runs."""
    found: RejectStore = MemoryRejectStore()
    if request.param != "memory":
        found = SqlRejectStore(History(new_store(request.param)))
    return own_scope.provide(RejectStore, found)  # type: ignore[type-abstract]


@pytest.fixture(params=STORES)
def store(
    request: pytest.FixtureRequest, own_scope: Scope, tmp_path: Path, new_store: Callable[[str], DatabaseAdapter]
) -> RunStore:
    """Each kind of run store, with the capture and reject stores that belong to it, current while the test runs."""
    if request.param == "memory":
        return own_scope.provide(RunStore, MemoryRunStore())  # type: ignore[type-abstract]
    adapter = new_store(request.param)
    own_scope.provide(CaptureStore, SqlCaptureStore(History(adapter), PayloadStore(tmp_path / "captures")))  # type: ignore[type-abstract]
    own_scope.provide(RejectStore, SqlRejectStore(History(adapter)))  # type: ignore[type-abstract]
    return own_scope.provide(RunStore, SqlRunStore(History(adapter)))  # type: ignore[type-abstract]
