"""Commits of runs by ready statements: they write what the usual commits write, and nothing where a guard fails."""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
import pytest
from attrs import evolve
from sqlalchemy import text

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.errors import DatabaseConnectionError, SpineError
from spine.framework.alerts import AlertSeverity
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.route import RoutedAlert
from spine.orchestration import Step, StepResult, Workflow, WorkflowRunner, WorkflowStatus, workflow_registry
from spine.orchestration.lease import Lease, LeaseError, LostLeaseError, NotTakenError, process_name
from spine.orchestration.records import Batch, LogRecord, Opening, RunRecord
from spine.orchestration.status import StepStatus
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.migrate import upgrade
from spine.storage.runs.hot import HotCommits
from spine.storage.runs.insert import insert_runs
from spine.storage.runs.store import SqlRunStore
from spine.testing import FixedClock
from tests.storage.records import LEASE, NOW, RUN, STEP, create

TABLES = ("core_workflow_runs", "core_workflow_steps", "core_workflow_events", "core_run_logs")


def says(context: Any, config: Any) -> dict[str, Any]:
    print("one line")
    return {"n": 1, "text": "Δ€", "list": [1.5, None, {"a": True}]}


def fails(context: Any, config: Any) -> StepResult:
    return StepResult.fail("no such day", "VALIDATION")


WORKFLOWS = {
    "one step": [Step.lambda_("a", says)],
    "three steps": [Step.lambda_(name, says) for name in "abc"],
    "a failure": [Step.lambda_("a", says), Step.lambda_("b", fails)],
    "a step that is skipped": [Step.lambda_("a", says), Step.lambda_("b", says, when=lambda context: False)],
    "a tolerated failure": [Step.lambda_("a", fails, on_error="continue"), Step.lambda_("b", says)],
    "no step": [],
}


def rows(adapter: DatabaseAdapter) -> dict[str, list[dict[str, Any]]]:
    """Return what the tables hold, with ids by the order in which they were made."""
    found = {table: adapter.query(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}
    found["core_workflow_steps"].sort(key=lambda row: (row["run_id"], row["sequence"], row["step_order"]))
    found["core_workflow_runs"].sort(key=lambda row: row["run_id"])
    names: dict[str, str] = {}
    for table in ("core_workflow_runs", "core_workflow_steps"):
        for row in found[table]:
            names.setdefault(row["run_id" if table.endswith("runs") else "step_id"], f"id {len(names)}")
    return {
        table: [{name: names.get(str(value), value) for name, value in row.items()} for row in kept]
        for table, kept in found.items()
    }


@pytest.mark.parametrize("steps", WORKFLOWS.values(), ids=WORKFLOWS)
def test_a_run_leaves_the_same_rows_as_by_usual_commits(
    steps: list[Step], adapter: DatabaseAdapter, monkeypatch: pytest.MonkeyPatch, fixed_clock: FixedClock
) -> None:
    store, workflow = SqlRunStore(History(adapter)), Workflow("w", steps)
    WorkflowRunner(store=store).execute(workflow)
    quick = rows(adapter)
    for table in ("core_workflow_events", "core_run_logs", "core_workflow_steps", "core_workflow_runs"):
        with adapter.engine.begin() as connection:
            connection.execute(text(f"DELETE FROM {table}"))
    with monkeypatch.context() as patch:
        patch.setattr(HotCommits, "commit", lambda self, batch, recovers: False)
        WorkflowRunner(store=store).execute(workflow)
    usual = rows(adapter)
    for found in (quick, usual):
        for row in found["core_workflow_events"] + found["core_run_logs"]:
            row.pop("id")
        for row in found["core_run_logs"]:
            row.pop("timestamp")  # of the logging module
    assert quick == usual


def test_the_usual_run_is_committed_by_ready_statements(
    adapter: DatabaseAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, made = SqlRunStore(History(adapter)), []
    commit = HotCommits.commit

    def counted(self: HotCommits, batch: Batch, *, recovers: bool) -> bool:
        made.append(commit(self, batch, recovers=recovers))
        return made[-1]

    monkeypatch.setattr(HotCommits, "commit", counted)
    workflow = Workflow("w", [Step.lambda_("a", says), Step.lambda_("b", says)])
    WorkflowRunner(store=store).execute(workflow)
    assert made == [False, True, True]  # the first run of a workflow writes its definition
    WorkflowRunner(store=store).execute(workflow)
    assert made[3:] == [True, True, True]


def test_a_lost_lease_writes_nothing(adapter: DatabaseAdapter) -> None:
    store = SqlRunStore(History(adapter))
    create(store)
    store.commit(Batch("r1", 1, steps=[STEP]))
    store.acquire("r1", Lease("other-host/1/1"), force=True)
    before = rows(adapter)
    ended = evolve(STEP, status=StepStatus.COMPLETED, outputs={"n": 1})
    for batch in (Batch("r1", 1, steps=[ended]), Batch("r1", 1, run=evolve(RUN, status=WorkflowStatus.COMPLETED))):
        assert not HotCommits(History(adapter)).commit(batch, recovers=False)
        with pytest.raises(LostLeaseError, match="taken over by another process"):
            store.commit(batch)
    assert rows(adapter) == before


def test_a_step_that_never_began_does_not_end(adapter: DatabaseAdapter) -> None:
    store = SqlRunStore(History(adapter))
    create(store)
    before = rows(adapter)
    ended = evolve(STEP, status=StepStatus.COMPLETED)
    assert not HotCommits(History(adapter)).commit(Batch("r1", 1, steps=[ended]), recovers=False)
    assert rows(adapter) == before


def test_a_failed_guard_leaves_a_connection_that_works(adapter: DatabaseAdapter) -> None:
    hot = HotCommits(History(adapter))
    for _ in range(3):
        assert not hot.commit(Batch("nobody", 1, steps=[STEP]), recovers=False)
        with adapter.engine.begin() as connection:
            assert connection.execute(text("SELECT count(*) FROM core_workflow_steps")).scalar() == 0
    assert adapter.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of a QueuePool


def test_a_definition_that_was_pruned_is_written_again(adapter: DatabaseAdapter) -> None:
    store, workflow = SqlRunStore(History(adapter)), Workflow("w", [Step.lambda_("a", says)])
    runner = WorkflowRunner(store=store)
    runner.execute(workflow)
    with adapter.engine.begin() as connection:
        connection.execute(text("DELETE FROM core_workflow_definitions"))
    runner.execute(workflow)
    assert store.get_definition(workflow.definition_hash()) is not None


def test_the_success_of_a_run_resolves_its_incident(adapter: DatabaseAdapter) -> None:
    history = History(adapter)
    alerts = SqlAlertStore(history)
    store = SqlRunStore(history, alerts)
    works = [fails, says]
    workflow = Workflow("w", [Step.lambda_("a", lambda context, config: works.pop(0)(context, config))])
    runner = WorkflowRunner(store=store)
    failed = runner.execute(workflow)
    alerts.add(RoutedAlert(Alert(AlertSeverity.ERROR, "w failed", "x", source="w", run_id=failed.run_id)))
    assert runner.execute(workflow).status is WorkflowStatus.COMPLETED
    [incident] = adapter.query("SELECT resolved_at FROM core_alert_incidents")
    assert incident["resolved_at"] is not None


@pytest.mark.parametrize("synchronous", ["normal", "full", None], ids=["sqlite normal", "sqlite full", "postgresql"])
def test_a_step_is_on_disk_before_the_code_of_the_next_one_runs(
    synchronous: str | None, new_database: Any, tmp_path: Any
) -> None:
    url = new_database("postgresql") if synchronous is None else f"sqlite:///{tmp_path / 'own.db'}"
    options = {} if synchronous is None else {"synchronous": synchronous}
    seen: list[Any] = []

    def looks(context: Any, config: Any) -> None:
        query = "SELECT step_name, status FROM core_workflow_steps ORDER BY sequence"
        if synchronous is None:
            with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as other:
                seen.extend(other.execute(query).fetchall())
        else:
            other_file = sqlite3.connect(tmp_path / "own.db")
            seen.extend(other_file.execute(query).fetchall())
            other_file.close()

    with get_adapter(url, **options) as adapter:
        upgrade(adapter)
        steps = [Step.lambda_("a", says), Step.lambda_("b", looks)]
        WorkflowRunner(store=SqlRunStore(History(adapter))).execute(Workflow("w", steps))
    assert seen == [("a", "COMPLETED"), ("b", "RUNNING")]


def prepared(adapter: DatabaseAdapter, calls: list[int]) -> tuple[WorkflowRunner, RunRecord]:
    """Return a runner, and a run that waits for it."""
    history = History(adapter)
    workflow = Workflow("w", [Step.lambda_("a", lambda context, config: calls.append(1))])
    workflow_registry.register(workflow)
    runner = WorkflowRunner(store=SqlRunStore(history))
    run = runner.prepare(workflow)
    with adapter.engine.begin() as connection:
        now = StoreClock(adapter).read(connection)
        [kept] = insert_runs(connection, [(run, workflow.to_dict())], runner.lease, now, project="")
    return runner, kept


def test_a_prepared_run_is_taken_with_the_start_of_its_first_step(adapter: DatabaseAdapter) -> None:
    calls: list[int] = []
    runner, run = prepared(adapter, calls)
    assert runner.proceed(run.run_id, known=run).status is WorkflowStatus.COMPLETED
    [kept] = rows(adapter)["core_workflow_runs"]
    assert (kept["fence"], kept["lease_owner"], calls) == (1, process_name(), [1])


def test_a_prepared_run_that_is_to_be_cancelled_since_it_was_read_executes_no_step(adapter: DatabaseAdapter) -> None:
    calls: list[int] = []
    runner, run = prepared(adapter, calls)
    SqlRunStore(History(adapter)).request_cancel(run.run_id)
    assert runner.proceed(run.run_id, known=run).status is WorkflowStatus.CANCELLED
    assert calls == []


def test_a_prepared_run_that_another_process_took_since_it_was_read_is_left_to_it(adapter: DatabaseAdapter) -> None:
    calls: list[int] = []
    runner, run = prepared(adapter, calls)
    SqlRunStore(History(adapter)).acquire(run.run_id, Lease("other-host/1/1"), force=True)
    with pytest.raises(LeaseError, match="other-host"):
        runner.proceed(run.run_id, known=run)
    assert calls == []


def test_a_prepared_run_is_taken_by_one_of_two(adapter: DatabaseAdapter) -> None:
    calls: list[int] = []
    runner, run = prepared(adapter, calls)
    assert runner.proceed(run.run_id, known=run).status is WorkflowStatus.COMPLETED
    with pytest.raises(SpineError):
        runner.proceed(run.run_id, known=run)
    assert calls == [1]


@pytest.mark.parametrize("usual", [False, True], ids=["ready", "usual"])
def test_taking_a_run_twice_is_refused_by_both_ways(adapter: DatabaseAdapter, usual: bool) -> None:
    _runner, run = prepared(adapter, [])
    store, opening = SqlRunStore(History(adapter)), Opening(LEASE, taken_from=run.lease_owner)
    begun = evolve(run, status=WorkflowStatus.RUNNING, fence=1)
    step = evolve(STEP, run_id=run.run_id)
    lines = [LogRecord(run.run_id, "a", 1, NOW, "INFO", "x", "y")] * (100 if usual else 0)  # too many for a ready one
    store.commit(Batch(run.run_id, 1, run=begun, steps=[step], logs=lines, opening=opening))
    again = evolve(step, step_id="s2", attempt=2)
    with pytest.raises(NotTakenError):
        store.commit(Batch(run.run_id, 1, run=begun, steps=[again], logs=lines, opening=opening))
    assert [row["attempt"] for row in rows(adapter)["core_workflow_steps"]] == [1]


def test_a_new_run_whose_answer_was_lost_is_stored_once(
    adapter: DatabaseAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, tries = HotCommits.commit, []

    def loses_the_answer(self: HotCommits, batch: Batch, *, recovers: bool) -> bool:
        done = commit(self, batch, recovers=recovers)
        if len(tries) < 2:
            tries.append(done)
            raise DatabaseConnectionError("the connection was lost")
        return done

    store = SqlRunStore(History(adapter))
    workflow = Workflow("w", [Step.lambda_("a", says)])
    WorkflowRunner(store=store).execute(workflow)  # writes the definition
    monkeypatch.setattr(HotCommits, "commit", loses_the_answer)
    monkeypatch.setattr("spine.storage.retry._FIRST_DELAY", 0.001)
    result = WorkflowRunner(store=store).execute(workflow)
    assert (result.status, tries) == (WorkflowStatus.COMPLETED, [True, True])
    assert [step.status for step in store.list_steps(result.run_id)] == [StepStatus.COMPLETED]
    assert [event.event_type for event in store.list_events(result.run_id)] == [
        "run.started",
        "step.started",
        "step.completed",
        "run.completed",
    ]
