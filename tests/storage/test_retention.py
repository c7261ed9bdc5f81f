"""Retention: old history is deleted, referenced rows stay, on every dialect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import func, insert, select, update

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.framework.alerts import Alert, AlertSeverity
from spine.framework.alerts.route import RoutedAlert
from spine.orchestration.lease import process_name
from spine.orchestration.status import WorkflowStatus
from spine.storage import retention
from spine.storage.alerts import queries
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.history import History
from spine.storage.migrate import upgrade
from spine.storage.retention import kept_since, prune
from spine.storage.tables.alerts import alert_deliveries, alerts
from spine.storage.tables.backfills import backfills
from spine.storage.tables.captures import captures
from spine.storage.tables.runs import events, executions, runs, steps
from spine.storage.tables.sources import rejects, source_fetches
from spine.testing import FixedClock
from tests.storage.records import RUN

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OLD = NOW - timedelta(days=100)
CUTOFF = NOW - timedelta(days=90)


@pytest.fixture
def store(database_url: str) -> Iterator[DatabaseAdapter]:
    with get_adapter(database_url) as adapter:
        upgrade(adapter)
        yield adapter


def add(adapter: DatabaseAdapter, table: Any, **row: Any) -> None:
    with adapter.engine.begin() as connection:
        own = {"project": ""} if "project" in table.c else {}
        connection.execute(insert(table).values(**row, **own))


def add_run(adapter: DatabaseAdapter, run_id: str, *, at: datetime = OLD, status: str = "COMPLETED") -> None:
    counts = dict.fromkeys(("total_steps", "completed_steps", "failed_steps", "skipped_steps"), 1)
    add(
        adapter,
        runs,
        run_id=run_id,
        workflow_name="w",
        workflow_version=1,
        partition_key={},
        status=status,
        started_at=at,
        completed_at=None if status == "RUNNING" else at,
        params={},
        outputs={},
        triggered_by="cli",
        definition_hash="0" * 64,
        created_at=at,
        **counts,
    )
    step = {"step_order": 0, "attempt": 1, "max_attempts": 1, "params": {}, "outputs": {}, "metrics": {}}
    add(adapter, steps, step_id=f"{run_id}-s", run_id=run_id, step_name="s", step_type="lambda", status=status, **step)
    add(adapter, events, run_id=run_id, event_type="run.started", timestamp=at, payload={})
    add(adapter, rejects, id=f"{run_id}-r", source_name="s", run_id=run_id, raw="", reason="blank", created_at=at)


def add_fetch(adapter: DatabaseAdapter, key: str, run_id: str | None, *, at: datetime = OLD) -> None:
    fetch = {"source_name": "s", "source_type": "file", "source_locator": "x", "retry_count": 0}
    add(adapter, source_fetches, id=key, status="SUCCESS", started_at=at, run_id=run_id, **fetch)


def keys(adapter: DatabaseAdapter, column: Any) -> set[str]:
    with adapter.reader.connect() as connection:
        return set(connection.execute(select(column)).scalars())


def test_old_runs_go_with_all_that_belongs_to_them(store: DatabaseAdapter) -> None:
    add_run(store, "old")
    add_run(store, "new", at=NOW)
    assert prune(History(store), CUTOFF)["core_workflow_runs"] == 1
    assert keys(store, runs.c.run_id) == {"new"}
    assert keys(store, steps.c.run_id) == {"new"}
    assert keys(store, events.c.run_id) == {"new"}
    assert keys(store, rejects.c.run_id) == {"new"}


def test_a_dry_run_counts_and_deletes_nothing(store: DatabaseAdapter) -> None:
    add_run(store, "old")
    assert prune(History(store), CUTOFF, dry_run=True)["core_workflow_runs"] == 1
    assert keys(store, runs.c.run_id) == {"old"}


def test_a_run_that_has_not_ended_stays_however_old_it_is(store: DatabaseAdapter) -> None:
    add_run(store, "endless", status="RUNNING")
    prune(History(store), CUTOFF)
    assert keys(store, runs.c.run_id) == {"endless"}


def test_ended_children_of_an_open_run_are_kept(store: DatabaseAdapter) -> None:
    add_run(store, "parent", status="RUNNING")
    add_run(store, "child")
    below = update(runs).where(runs.c.run_id == "child").values(parent_run_id="parent")
    with store.engine.begin() as connection:
        connection.execute(below)
    assert prune(History(store), CUTOFF)["core_workflow_runs"] == 0
    with store.engine.begin() as connection:
        connection.execute(update(runs).where(runs.c.run_id == "parent").values(status="COMPLETED", completed_at=OLD))
    assert prune(History(store), CUTOFF)["core_workflow_runs"] == 2


def change(adapter: DatabaseAdapter, run_id: str, **values: Any) -> None:
    with adapter.engine.begin() as connection:
        connection.execute(update(runs).where(runs.c.run_id == run_id).values(values))


def test_the_newest_run_that_completed_of_each_partition_stays(store: DatabaseAdapter) -> None:
    for number, (run_id, status) in enumerate([("first", "COMPLETED"), ("second", "COMPLETED"), ("third", "FAILED")]):
        add_run(store, run_id, status=status)
        change(store, run_id, partition_lock="monday", completed_at=OLD + timedelta(minutes=number))
    assert prune(History(store), CUTOFF)["core_workflow_runs"] == 2
    assert keys(store, runs.c.run_id) == {"second"}


def test_the_runs_of_a_backfill_stay_while_it_can_be_resumed_and_it_goes_with_them(store: DatabaseAdapter) -> None:
    row = {"workflow_name": "w", "partitions": [], "params": {}, "options": {}, "counts": {}, "created_at": OLD}
    add(store, backfills, id="open", status="RUNNING", **row)
    add(store, backfills, id="failed", status="FAILED", completed_at=OLD, **row)
    for name in ("open", "failed"):
        add_run(store, f"of-{name}", status="FAILED")
        change(store, f"of-{name}", backfill_id=name, partition_lock=name)
    deleted = prune(History(store), CUTOFF)
    assert (deleted["core_workflow_runs"], deleted["core_backfills"]) == (1, 1)
    assert keys(store, runs.c.run_id) == {"of-open"}
    assert keys(store, backfills.c.id) == {"open"}


def test_a_run_that_a_capture_came_from_stays(store: DatabaseAdapter) -> None:
    add_run(store, "made-it")
    counts = {"revision": 1, "row_count": 1, "byte_count": 1, "schema": [], "metadata": {}}
    add(
        store,
        captures,
        capture_id="c",
        name="n",
        partition_key={},
        content_hash="0" * 64,
        location="n/0.parquet",
        run_id="made-it",
        captured_at=OLD,
        **counts,
    )
    prune(History(store), CUTOFF)
    assert keys(store, runs.c.run_id) == {"made-it"}


@pytest.mark.parametrize(("status", "left"), [("PENDING", {"failed"}), ("SENT", set())])
def test_an_alert_and_its_run_stay_until_it_is_delivered(store: DatabaseAdapter, status: str, left: set[str]) -> None:
    add_run(store, "failed", status="FAILED")
    alert = {"severity": "ERROR", "title": "t", "message": "m", "source": "s", "metadata": {}, "fingerprint": "f"}
    add(store, alerts, id="a", run_id="failed", created_at=OLD, **alert)
    add(store, alert_deliveries, id="d", alert_id="a", channel_name="ops", status=status, attempt=1)
    prune(History(store), CUTOFF)
    assert keys(store, runs.c.run_id) == left
    assert keys(store, alerts.c.run_id) == left
    assert keys(store, alert_deliveries.c.id) == ({"d"} if left else set())


def test_a_failure_that_is_older_than_the_history_is_resolved_by_the_next_run(store: DatabaseAdapter) -> None:
    history = History(store)
    outbox = SqlAlertStore(history)
    add_run(store, "failed", status="FAILED")
    failed = Alert(AlertSeverity.ERROR, "w failed", "", "w", run_id="failed", created_at=OLD)
    outbox.add(RoutedAlert(failed, (), at_run_end=True))
    prune(history, CUTOFF)
    assert keys(store, runs.c.run_id) == {"failed"}
    add_run(store, "good", at=NOW)
    good = evolve(RUN, run_id="good", partition={}, status=WorkflowStatus.COMPLETED)
    with history.engine.begin() as connection:
        outbox.end_run(connection, good, [])
    assert queries.list_incidents(history, only_open=True) == []
    prune(history, CUTOFF)
    assert keys(store, runs.c.run_id) == {"good"}


def test_the_fetch_that_the_next_run_compares_with_stays_with_its_run(store: DatabaseAdapter) -> None:
    add_run(store, "first")
    add_run(store, "second")
    add_fetch(store, "older", "first", at=OLD - timedelta(days=1))
    add_fetch(store, "newest", "second")
    prune(History(store), CUTOFF)
    assert keys(store, source_fetches.c.id) == {"newest"}
    assert keys(store, runs.c.run_id) == {"second"}


def test_it_goes_in_batches_and_tells_of_each(store: DatabaseAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_ROWS", 2)
    for number in range(5):
        add_run(store, f"old{number}")
    heard: list[tuple[str, int]] = []
    deleted = prune(History(store), CUTOFF, progress=lambda table, count: heard.append((table, count)))
    assert deleted["core_workflow_runs"] == 5
    assert [count for table, count in heard if table == "core_workflow_runs"] == [2, 4, 5]
    with store.reader.connect() as connection:
        assert connection.execute(select(func.count()).select_from(runs)).scalar_one() == 0


def test_a_run_that_is_resumed_after_it_was_found_stays(
    store: DatabaseAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(store, "resumed")
    add_run(store, "old")
    find = retention._next_batch

    def find_and_resume(*arguments: Any) -> list[str]:
        found = find(*arguments)
        with store.engine.begin() as connection:
            connection.execute(update(runs).where(runs.c.run_id == "resumed").values(status="RUNNING"))
        return found

    monkeypatch.setattr(retention, "_next_batch", find_and_resume)
    assert prune(History(store), CUTOFF)["core_workflow_runs"] == 1
    assert keys(store, runs.c.run_id) == {"resumed"}


def test_an_execution_of_a_killed_process_goes_with_the_others(store: DatabaseAdapter) -> None:
    row = {"pipeline": "p", "params": {}, "lane": "normal", "trigger_source": "cli", "created_at": OLD}
    add(store, executions, id="killed", status="RUNNING", **row)
    add(store, executions, id="ended", status="COMPLETED", completed_at=NOW, **row)
    assert prune(History(store), CUTOFF)["core_executions"] == 1
    assert keys(store, executions.c.id) == {"ended"}


def test_an_execution_that_still_works_stays(store: DatabaseAdapter, fixed_clock: FixedClock) -> None:
    """Without its row, `captures gc` would remove what it has captured and not committed yet."""
    fixed_clock.set(NOW)
    row = {"pipeline": "p", "params": {}, "lane": "normal", "trigger_source": "cli", "status": "RUNNING"}
    host, pid, _start = process_name().rsplit("/", 2)
    add(store, executions, id="here", process=process_name(), created_at=OLD, **row)
    add(store, executions, id="gone", process=f"{host}/{pid}/0", created_at=OLD, **row)
    add(store, executions, id="elsewhere", process="elsewhere/1/1", created_at=NOW - timedelta(hours=2), **row)
    add(store, executions, id="long ago", process="elsewhere/1/2", created_at=OLD, **row)
    assert prune(History(store), NOW - timedelta(hours=1))["core_executions"] == 2
    assert keys(store, executions.c.id) == {"here", "elsewhere"}


@pytest.mark.parametrize("ahead", [timedelta(days=30), timedelta(days=4000)])
def test_a_clock_that_was_put_ahead_makes_nothing_old(
    ahead: timedelta, store: DatabaseAdapter, fixed_clock: FixedClock
) -> None:
    for days in range(100):
        add_run(store, f"r{days}", at=NOW - timedelta(days=days))
    add_run(store, "begun under the wrong clock", at=NOW + ahead)
    fixed_clock.set(NOW + ahead + timedelta(hours=20))
    before = kept_since(History(store), timedelta(days=90))
    assert before == CUTOFF
    prune(History(store), before)
    assert len(store.query("SELECT run_id FROM core_workflow_runs")) > 90


def test_the_age_of_history_counts_from_the_newest_run_before_today(
    store: DatabaseAdapter, fixed_clock: FixedClock
) -> None:
    fixed_clock.set(NOW)
    age = timedelta(days=90)
    assert kept_since(History(store), age) == NOW - age
    for hours in (0, 23, 25, 49):
        add_run(store, f"{hours} hours ago", at=NOW - timedelta(hours=hours))
    assert kept_since(History(store), age) == NOW - timedelta(hours=25) - age
