"""Queries as sources, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from spine.core.adapters.database import DatabaseAdapter, database_registry, get_adapter
from spine.core.errors import ConfigError, ParseError, WorkflowError
from spine.core.scope import Scope
from spine.core.secrets import Secret
from spine.framework.captures import capture
from spine.framework.sources import DatabaseSource, FetchStore, MemoryFetchStore, source_registry
from spine.framework.sources.state import SourceStateStore, read_state, write_state
from spine.orchestration import Step, Workflow, WorkflowRunner
from spine.orchestration.run_store import RunStore
from spine.storage.history import History
from spine.storage.migrate import upgrade
from spine.storage.runs.store import SqlRunStore
from spine.storage.sources.state import SqlSourceStateStore
from spine.testing.conformance.source import SourceConformance

ROWS = [("007", 1), ("NA", 2), ("1e5", 3)]


@pytest.fixture
def orders(database_url: str) -> Iterator[DatabaseAdapter]:
    """A database `shop` with a table of orders, once for each dialect."""
    with get_adapter(database_url) as adapter:
        adapter.execute("CREATE TABLE orders (id text, seq integer)")
        adapter.executemany("INSERT INTO orders VALUES (?, ?)", ROWS)
        database_registry.register("shop", lambda: adapter)
        yield adapter


def source(query: str = "SELECT id, seq FROM orders ORDER BY seq", **options: Any) -> DatabaseSource:
    return DatabaseSource("orders", "shop", query, **options)


def incremental(**options: Any) -> DatabaseSource:
    return source("SELECT id, seq FROM orders WHERE seq > :cursor ORDER BY seq", cursor="seq", initial=0, **options)


class TestDatabaseSource(SourceConformance):
    detects_change = True
    supports_streaming = True
    supports_caching = True
    can_fail = True

    @pytest.fixture(autouse=True)
    def database(self, orders: DatabaseAdapter) -> None:
        self.adapter = orders

    def make_source(self) -> DatabaseSource:
        return DatabaseSource("orders", self.adapter, "SELECT id, seq FROM orders ORDER BY seq")

    def expected_rows(self) -> list[dict[str, Any]]:
        return [{"id": name, "seq": seq} for name, seq in ROWS]

    def change_data(self) -> None:
        self.adapter.execute("INSERT INTO orders VALUES ('new', 4)")

    def make_failing_source(self) -> DatabaseSource:
        return source("SELECT nothing FROM nowhere")


@pytest.mark.usefixtures("orders")
def test_parameters_are_bound_and_never_written_into_the_query() -> None:
    found = source("SELECT id FROM orders WHERE id = :id", params={"id": "007"})
    assert found.fetch().data == [{"id": "007"}]
    assert found.fetch({"id": "' OR '1'='1"}).data == []


@pytest.mark.usefixtures("orders")
def test_a_missing_parameter_is_a_failed_result_that_names_it() -> None:
    result = source("SELECT id FROM orders WHERE id = :id").fetch()
    assert (result.success, "the parameters lack id" in str(result.error)) == (False, True)


def test_the_cursor_moves_on_with_each_fetch(orders: DatabaseAdapter) -> None:
    found = incremental()
    assert len(found.fetch().data or []) == 3
    assert found.fetch().data == []
    orders.execute("INSERT INTO orders VALUES ('new', 4)")
    assert found.fetch().data == [{"id": "new", "seq": 4}]
    assert read_state("orders") == 4


def test_a_stream_that_is_not_read_to_its_end_moves_nothing(orders: DatabaseAdapter) -> None:
    batches = incremental().stream(batch_size=1)
    assert next(batches) == [{"id": "007", "seq": 1}]
    batches.close()
    assert read_state("orders") is None


def test_the_cursor_is_committed_with_the_capture_and_not_without(orders: DatabaseAdapter, own_scope: Scope) -> None:
    upgrade(orders)
    own_scope.provide(RunStore, SqlRunStore(History(orders)))  # type: ignore[type-abstract]
    own_scope.provide(SourceStateStore, SqlSourceStateStore(History(orders)))  # type: ignore[type-abstract]
    source_registry.register(incremental())
    broken = [True]

    def load(ctx: Any, config: Any) -> dict[str, Any]:
        kept = capture("orders", source_registry.get("orders").fetch().data)
        if broken:
            raise WorkflowError("after the capture")
        return {"rows": kept.row_count}

    workflow = Workflow("w", [Step.lambda_("load", load)])
    failed = WorkflowRunner().execute(workflow)
    assert (failed.status.name, read_state("orders")) == ("FAILED", None)
    broken.clear()
    done = WorkflowRunner().resume(failed.run_id, workflow)
    assert (done.context.get_output("load", "rows"), read_state("orders")) == (3, 3)
    stored = SqlSourceStateStore(History(orders)).get("orders")
    assert stored is not None
    assert stored.run_id == failed.run_id


@pytest.mark.parametrize("value", [7, 1.5, "a", datetime(2026, 1, 2, 3, tzinfo=UTC), datetime(2026, 1, 2).date()])
def test_a_cursor_keeps_its_type(value: Any, adapter: DatabaseAdapter) -> None:
    store = SqlSourceStateStore(History(adapter))
    write = partial(write_state, "orders")
    write(value)
    assert read_state("orders") == value
    assert type(read_state("orders")) is type(value)
    assert store.get("orders") is None  # that of the scope is in memory


@pytest.mark.usefixtures("orders")
def test_wrong_options_are_refused_with_what_to_write() -> None:
    with pytest.raises(ConfigError, match="its query must name :cursor"):
        source(cursor="seq", initial=0)
    with pytest.raises(ConfigError, match="so it needs initial"):
        source("SELECT * FROM orders WHERE seq > :cursor", cursor="seq")
    result = source("SELECT id FROM orders WHERE seq > :cursor", cursor="seq", initial=0).fetch()
    assert isinstance(result.error, ParseError)
    assert "returns no column 'seq'" in str(result.error)


def test_an_unknown_database_is_named_with_the_closest_one(orders: DatabaseAdapter) -> None:
    assert "did you mean 'shop'" in str(DatabaseSource("x", "shopp", "SELECT 1").fetch().error)


@pytest.mark.usefixtures("orders")
def test_a_secret_parameter_is_sent_and_never_shown(own_scope: Scope) -> None:
    fetches = own_scope.provide(FetchStore, MemoryFetchStore())
    found = source("SELECT id, seq FROM orders WHERE id = :token")
    for token, rows in ((Secret("007"), [{"id": "007", "seq": 1}]), (Secret("canary"), [])):
        result = found.fetch({"token": token})
        assert (result.error, result.data) == (None, rows)
        assert "canary" not in f"{result!r} {fetches.fetches!r} {found.locator({'token': token})}"
    assert found.get_cache_key({"token": Secret("007")}) != found.get_cache_key({"token": Secret("canary")})
