"""Fetches in SQL, and which of them count as the last one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spine.core.adapters.database import DatabaseAdapter
from spine.framework.sources import SourceType
from spine.framework.sources.fetches import FetchRecord, FetchStatus, MemoryFetchStore
from spine.framework.work import Work
from spine.orchestration import WorkflowStatus
from spine.orchestration.records import RunRecord
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore
from spine.storage.sources.fetches import SqlFetchStore
from tests.storage.records import create

NOW = datetime(2025, 12, 15, 6, 30, tzinfo=UTC)


@pytest.fixture
def fetches(adapter: DatabaseAdapter) -> SqlFetchStore:
    return SqlFetchStore(History(adapter))


@pytest.fixture
def runs(adapter: DatabaseAdapter) -> SqlRunStore:
    return SqlRunStore(History(adapter))


def a_fetch(minute: int = 0, status: FetchStatus = FetchStatus.SUCCESS, **fields: Any) -> FetchRecord:
    started = NOW + timedelta(minutes=minute)
    values: dict[str, Any] = {"source_name": "otc", "source_locator": "/data/week1.csv", "source_type": SourceType.FILE}
    values |= fields
    return FetchRecord(status=status, started_at=started, completed_at=started, duration_ms=1, **values)


def a_run(run_id: str, status: WorkflowStatus = WorkflowStatus.COMPLETED, **fields: Any) -> RunRecord:
    values: dict[str, Any] = {"workflow_name": "w", "workflow_version": 1, "partition": {"week": "1"}, **fields}
    return RunRecord(
        run_id=run_id,
        domain="",
        status=status,
        started_at=NOW,
        params={},
        definition_hash="",
        total_steps=0,
        triggered_by="cli",
        **values,
    )


WORK = Work(run_id="now", workflow="w", workflow_version=1, partition={"week": "1"})


def test_a_fetch_comes_back_as_it_was(fetches: SqlFetchStore) -> None:
    given = a_fetch(
        record_count=3,
        byte_count=2**40,
        content_hash="0" * 64,
        etag='"x"',
        last_modified="yesterday",
        retry_count=2,
        run_id="r1",
    )
    fetches.record(given)
    assert fetches.last_success("otc", "/data/week1.csv", None) == given


@pytest.mark.parametrize("source_type", [*SourceType, "excel", "x" * 200])
def test_the_type_of_a_source_comes_back_as_it_was(fetches: SqlFetchStore, source_type: SourceType | str) -> None:
    fetches.record(a_fetch(source_type=source_type))
    found = fetches.last_success("otc", "/data/week1.csv", None)
    assert found is not None
    assert (found.source_type, type(found.source_type)) == (source_type, type(source_type))


def test_a_failed_fetch_is_kept_and_does_not_count(fetches: SqlFetchStore, adapter: DatabaseAdapter) -> None:
    fetches.record(a_fetch(0, FetchStatus.FAILED, error="caf\udce9", error_category="SOURCE", source_locator=None))
    fetches.record(a_fetch(1, FetchStatus.NOT_FOUND))
    assert fetches.last_success("otc", "/data/week1.csv", None) is None
    assert fetches.last_success("otc", None, None) is None
    found = adapter.query("SELECT status, error FROM core_source_fetches ORDER BY started_at")
    assert found == [{"status": "FAILED", "error": "caf\\udce9"}, {"status": "NOT_FOUND", "error": None}]


def test_outside_of_a_run_the_newest_successful_fetch_of_source_and_locator_counts(fetches: SqlFetchStore) -> None:
    newest = a_fetch(2, FetchStatus.UNCHANGED)
    for fetch in (newest, a_fetch(1), a_fetch(3, source_name="other"), a_fetch(4, source_locator="/data/week2.csv")):
        fetches.record(fetch)
    assert fetches.last_success("otc", "/data/week1.csv", None) == newest
    assert fetches.last_success("otc", "/data/week3.csv", None) is None


def test_inside_of_a_run_only_completed_runs_of_that_workflow_version_and_partition_count(
    fetches: SqlFetchStore, runs: SqlRunStore
) -> None:
    create(runs, a_run("good"))
    create(runs, a_run("failed", WorkflowStatus.FAILED))
    create(runs, a_run("partial", WorkflowStatus.PARTIAL))
    create(runs, a_run("running", WorkflowStatus.RUNNING))
    create(runs, a_run("old_version", workflow_version=2))
    create(runs, a_run("other_week", partition={"week": "2"}))
    create(runs, a_run("other_workflow", workflow_name="x"))
    names = ("good", "failed", "partial", "running", "old_version", "other_week", "other_workflow", None)
    for minute, run_id in enumerate(names):
        fetches.record(a_fetch(minute, run_id=run_id))
    found = fetches.last_success("otc", "/data/week1.csv", WORK)
    assert found is not None
    assert found.run_id == "good"


def test_a_fetch_below_a_run_that_has_not_completed_does_not_count(fetches: SqlFetchStore, runs: SqlRunStore) -> None:
    create(runs, a_run("good", workflow_name="parent"))
    create(runs, a_run("failed", WorkflowStatus.FAILED, workflow_name="parent"))
    create(runs, a_run("between", workflow_name="between", parent_run_id="failed"))
    create(runs, a_run("below_good", parent_run_id="good"))
    create(runs, a_run("below_failed", parent_run_id="failed"))
    create(runs, a_run("two_below_failed", parent_run_id="between"))
    for minute, run_id in enumerate(["below_good", *["below_failed"] * 100, "two_below_failed"]):
        fetches.record(a_fetch(minute, run_id=run_id))
    found = fetches.last_success("otc", "/data/week1.csv", WORK)
    assert found is not None
    assert found.run_id == "below_good"
    assert fetches.last_success("otc", "/data/week1.csv", None) is not None


def test_a_partition_of_another_kind_of_value_is_the_same_partition(fetches: SqlFetchStore, runs: SqlRunStore) -> None:
    create(runs, a_run("good", partition={"week": "7"}))
    fetches.record(a_fetch(run_id="good"))
    work = Work(run_id="now", workflow="w", workflow_version=1, partition={"week": 7})
    assert fetches.last_success("otc", "/data/week1.csv", work) is not None


def test_failed_attempts_are_counted_for_a_source_and_a_run(fetches: SqlFetchStore) -> None:
    memory = MemoryFetchStore()
    for store in (fetches, memory):
        assert store.failed_attempts("otc", "r1") == 0
        store.record(a_fetch(0, retry_count=2, run_id="r1"))
        store.record(a_fetch(1, FetchStatus.FAILED, retry_count=4, run_id="r1"))
        store.record(a_fetch(2, FetchStatus.UNCHANGED, run_id="r1"))
        store.record(a_fetch(3, FetchStatus.FAILED, retry_count=4, run_id="r2"))
        store.record(a_fetch(4, FetchStatus.FAILED, source_name="other", run_id="r1"))
        assert store.failed_attempts("otc", "r1") == 7
