"""Queries of the command line on the history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from spine.core.adapters.database import DatabaseAdapter
from spine.core.scope import Scope
from spine.framework.captures import CaptureStore, PayloadStore, capture
from spine.framework.rejects import Reject, quarantine
from spine.orchestration import Step, Workflow, WorkflowRunner, WorkflowStatus
from spine.orchestration.records import RunRecord, UnknownRunError
from spine.storage.captures.store import SqlCaptureStore
from spine.storage.history import History
from spine.storage.runs.queries import (
    find_run,
    list_runs,
    run_captures,
    run_events,
    run_fetches,
    run_rejects,
    run_steps,
)
from spine.storage.runs.store import SqlRunStore
from tests.storage.records import create

NOW = datetime(2025, 12, 15, tzinfo=UTC)


@pytest.fixture
def runs(adapter: DatabaseAdapter) -> SqlRunStore:
    """Four runs, the last one the newest."""
    store = SqlRunStore(History(adapter))
    for minute, (run_id, workflow, status) in enumerate(
        [
            ("aa-1", "w", WorkflowStatus.COMPLETED),
            ("aa-2", "w", WorkflowStatus.FAILED),
            ("aa", "x", WorkflowStatus.COMPLETED),
            ("b_%", "w", WorkflowStatus.RUNNING),
        ]
    ):
        key = {"day": str(minute), "kind": "plain"}
        run = RunRecord(run_id, workflow, 1, "", key, status, NOW + timedelta(minutes=minute), {}, "", 0, "cli")
        create(store, run)
    return store


@pytest.mark.usefixtures("runs")
def test_runs_are_listed_newest_first_and_filtered(adapter: DatabaseAdapter) -> None:
    def ids(**filters: object) -> list[str]:
        return [row["run_id"] for row in list_runs(History(adapter), **filters)]  # type: ignore[arg-type]

    assert ids() == ["b_%", "aa", "aa-2", "aa-1"]
    assert ids(workflow="w", limit=2) == ["b_%", "aa-2"]
    assert ids(status="COMPLETED") == ["aa", "aa-1"]
    assert ids(workflow="w", status="COMPLETED") == ["aa-1"]
    assert ids(workflow="none") == []
    assert ids(before="aa-2") == ["aa-1"]
    assert ids(before="b_%", limit=1) == ["aa"]
    assert ids(workflow="w", before="b_%") == ["aa-2", "aa-1"]
    assert ids(status=["RUNNING", "FAILED"]) == ["b_%", "aa-2"]
    assert ids(since=NOW + timedelta(minutes=2)) == ["b_%", "aa"]
    assert ids(partition={"kind": "plain", "day": 2}) == ["aa"]
    assert ids(partition={"kind": "other"}) == ids(schedule="none") == []
    assert ids(only_top=True) == ids()


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("reference", "found"),
    [("latest", "b_%"), ("aa-2", "aa-2"), ("aa", "aa"), ("b", "b_%"), ("_%", "b_%")],
)
def test_a_run_is_found_by_its_id_or_a_part_of_it(adapter: DatabaseAdapter, reference: str, found: str) -> None:
    assert find_run(History(adapter), reference)["run_id"] == found


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("zz", "there is no run 'zz': list them with spine runs list"),
        ("a%", "there is no run"),
        ("aa-", "several runs have 'aa-' in their id: give more of it"),
        ("", "several runs have ''"),
    ],
)
def test_a_run_that_is_not_one_is_an_error_that_says_what_to_do(
    adapter: DatabaseAdapter, reference: str, words: str
) -> None:
    with pytest.raises(UnknownRunError, match=words):
        find_run(History(adapter), reference)


def test_there_is_no_latest_run_in_an_empty_history(adapter: DatabaseAdapter) -> None:
    with pytest.raises(UnknownRunError, match="there are no runs yet: start one with spine run WORKFLOW"):
        find_run(History(adapter), "latest")


def test_everything_of_a_run_is_found_by_its_id_alone(
    adapter: DatabaseAdapter, own_scope: Scope, tmp_path_factory: pytest.TempPathFactory
) -> None:
    payloads = PayloadStore(tmp_path_factory.mktemp("captures"))
    own_scope.provide(CaptureStore, SqlCaptureStore(History(adapter), payloads))  # type: ignore[type-abstract]

    def work(ctx: object, config: object) -> None:
        for name in ("b", "a"):
            capture(name, [{"n": 1}])
        quarantine([Reject("otc", "blank", str(number)) for number in range(3)])

    workflow = Workflow("w", [Step.lambda_("first", work), Step.lambda_("second", lambda ctx, config: None)])
    runner = WorkflowRunner(store=SqlRunStore(History(adapter)))
    run_id = runner.execute(workflow).run_id
    runner.execute(workflow)
    assert [(row["step_name"], row["status"]) for row in run_steps(History(adapter), run_id)] == [
        ("first", "COMPLETED"),
        ("second", "COMPLETED"),
    ]
    assert [row["event_type"] for row in run_events(History(adapter), run_id)] == [
        "run.started",
        "step.started",
        "step.completed",
        "step.started",
        "step.completed",
        "run.completed",
    ]
    assert [row["name"] for row in run_captures(History(adapter), run_id)] == ["b", "a"]
    assert [row["raw"] for row in run_rejects(History(adapter), run_id)] == ["0", "1", "2"]
    assert run_fetches(History(adapter), run_id) == []
