"""Contract of run stores, checked on each kind."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from spine.core.adapters.database import DatabaseAdapter, SQLiteAdapter
from spine.core.errors import IntegrityError, NetworkError, SpineError
from spine.core.ids import new_id
from spine.framework.captures import Capture, capture, list_captures
from spine.framework.rejects import Reject, quarantine, reject_store
from spine.orchestration import (
    ErrorPolicy,
    QualityMetrics,
    RetryPolicy,
    Step,
    StepResult,
    StepStatus,
    Workflow,
    WorkflowRunner,
    WorkflowStatus,
)
from spine.orchestration.events import RunEvent, StepCompleted, StepNoted, StepStarted
from spine.orchestration.records import Batch, LogRecord
from spine.orchestration.resumption import Transition
from spine.orchestration.run_store import RunStore
from spine.storage.history import History
from spine.storage.migrate import ensure_schema
from spine.storage.runs.staged import SqlStagedStore
from spine.storage.runs.store import SqlRunStore
from tests.storage.records import NOW, RUN, STEP, create


def a_capture(name: str = "otc", content_hash: str = "1" * 64, **fields: Any) -> Capture:
    values = {
        "name": name,
        "partition": {},
        "revision": 1,
        "content_hash": content_hash,
        "schema": [["a", "int64"]],
        "row_count": 1,
        "byte_count": 8,
        "location": f"{name}/{content_hash}.parquet",
    }
    return Capture(**{**values, **fields})


def test_a_run_comes_back_as_it_was_given_first_new_and_then_ended(store: RunStore) -> None:
    assert store.get_run("r1") is None
    run = create(store)
    assert store.get_run("r1") == run
    assert evolve(run, lease_owner=None, lease_expires_at=None, fence=0) == RUN
    ended = evolve(
        run,
        status=WorkflowStatus.FAILED,
        outcome="unchanged",
        completed_at=NOW + timedelta(seconds=1.5),
        outputs={"ingest": {"record_count": 3}},
        error="no file",
        error_step="ingest",
        error_category="SOURCE",
        error_retryable=False,
        completed_steps=1,
        failed_steps=2,
        skipped_steps=3,
    )
    store.commit(Batch("r1", 1, run=ended))
    assert store.get_run("r1") == ended
    assert ended.duration_ms == 1500


def test_steps_come_back_in_the_order_of_their_start_with_skipped_ones_last(store: RunStore) -> None:
    first = STEP
    later = evolve(STEP, step_id="s2", step_name="a", step_order=5, sequence=1)
    again = evolve(STEP, step_id="s3", attempt=2, sequence=2)
    skipped = evolve(
        STEP, step_id="s4", step_name="b", step_order=1, attempt=0, status=StepStatus.SKIPPED, started_at=None
    )
    create(store)
    for step in (first, later, again, skipped):
        store.commit(Batch("r1", 1, steps=[step]))
    assert store.list_steps("r1") == [first, later, again, skipped]
    assert store.list_steps("other") == []


def test_a_step_that_ends_takes_the_place_of_the_one_that_ran(store: RunStore) -> None:
    ended = evolve(
        STEP,
        status=StepStatus.COMPLETED,
        completed_at=NOW + timedelta(milliseconds=7),
        outputs={"z": 1, "a": [{"n": 1e22}]},
        row_count=3,
        metrics={"passed": True},
    )
    create(store)
    store.commit(Batch("r1", 1, steps=[STEP]))
    store.commit(Batch("r1", 1, steps=[ended]))
    [found] = store.list_steps("r1")
    assert found == ended
    assert list(found.outputs) == ["z", "a"]
    assert isinstance(found.outputs["a"][0]["n"], float)


def test_events_come_back_in_the_order_of_their_commits(store: RunStore) -> None:
    events = [
        StepNoted(run_id="r1", step_id="s1", timestamp=NOW - timedelta(seconds=n), step="a", attempt=1, note={"n": n})
        for n in range(5)
    ]
    create(store)
    store.commit(Batch("r1", 1, events=events[:2]))
    store.commit(Batch("r1", 1, events=events[2:]))
    assert store.list_events("r1") == events
    assert store.list_events("other") == []


def test_log_lines_come_back_in_the_order_of_their_commits_of_a_batch_or_alone(store: RunStore) -> None:
    run = create(store)
    lines = [LogRecord(run.run_id, "a", 1, NOW, "INFO", "jobs", text) for text in ("one", "two", "\0 three")]
    store.add_logs(lines[:1])
    store.commit(Batch(run.run_id, run.fence, logs=lines[1:]))
    assert [line.message[-5:] for line in store.list_logs(run.run_id)] == ["one", "two", "three"]


def test_a_second_attempt_of_the_same_number_is_refused_and_nothing_of_its_batch_is_kept(store: RunStore) -> None:
    create(store)
    store.commit(Batch("r1", 1, steps=[STEP]))
    late = evolve(STEP, step_id="s9")
    batch = Batch(
        "r1", 1, steps=[late], events=[StepStarted(run_id="r1", step="ingest", attempt=1)], staged=[a_capture()]
    )
    with pytest.raises(IntegrityError):
        store.commit(batch)
    assert store.list_steps("r1") == [STEP]
    assert store.list_events("r1") == []
    assert list_captures() == []


def test_captures_and_rejects_appear_with_the_batch(store: RunStore) -> None:
    create(store)
    store.commit(Batch("r1", 1, staged=[a_capture("a"), Reject("otc", "blank", "x", run_id="r1"), a_capture("b")]))
    assert [kept.name for kept in list_captures()] == ["a", "b"]
    assert [reject.reason for reject in reject_store().list_rejects(run_id="r1")] == ["blank"]


def run_everything(failing: bool) -> tuple[Workflow, list[Any]]:
    left = [NetworkError("down \udcff\0")]
    seen: list[Any] = []

    def flaky(ctx: Any, config: Any) -> StepResult:
        capture("rows", [{"a": 1}])
        quarantine([Reject("otc", "blank \udcff", "raw \0")])
        if left:
            raise left.pop()
        return StepResult.ok({"z": {3, 1}, "a": 1e22}, quality=QualityMetrics(3, 2), events=[{"note": "x"}])

    def look(ctx: Any, config: Any) -> StepResult:
        seen.append(ctx.get_output("flaky"))
        return StepResult.fail("done with", "X" * 100) if failing else StepResult.ok()

    steps = [
        Step.lambda_("flaky", flaky, {"set": {1}}, retry_policy=RetryPolicy(initial_delay_seconds=0)),
        Step.lambda_("may_fail", lambda ctx, config: StepResult.fail("no"), on_error=ErrorPolicy.CONTINUE),
        Step.choice("route", lambda ctx: True, "look", "other"),
        Step.lambda_("look", look),
        Step.lambda_("other", look),
    ]
    return Workflow("w", steps, partition_by=["week"]), seen


@pytest.mark.parametrize("failing", [False, True])
def test_a_run_leaves_the_whole_truth_in_the_store(store: RunStore, failing: bool) -> None:
    workflow, seen = run_everything(failing)
    result = WorkflowRunner(store=store).execute(workflow, {"week": 7})
    kept = store.get_run(result.run_id)
    assert kept is not None
    assert kept.status is result.status is (WorkflowStatus.FAILED if failing else WorkflowStatus.PARTIAL)
    assert (kept.partition, kept.params, kept.outputs) == ({"week": "7"}, {"week": 7}, result.context.outputs)
    assert (kept.completed_steps, kept.failed_steps, kept.skipped_steps) == ((2, 2, 0) if failing else (3, 1, 1))
    steps = store.list_steps(result.run_id)
    assert [(step.step_name, step.attempt, step.status.name) for step in steps] == [
        ("flaky", 1, "FAILED"),
        ("flaky", 2, "COMPLETED"),
        ("may_fail", 1, "FAILED"),
        ("route", 1, "COMPLETED"),
        ("look", 1, "FAILED" if failing else "COMPLETED"),
        *([] if failing else [("other", 0, "SKIPPED")]),
    ]
    assert steps[1].outputs == seen[0] == {"z": [1, 3], "a": 1e22}
    assert repr(dict(steps[1].outputs)) == repr(dict(seen[0]))
    assert (steps[1].row_count, steps[1].metrics["invalid_count"], steps[1].params) == (3, 1, {"set": [1]})
    assert [event.event_type for event in store.list_events(result.run_id)][:4] == [
        "run.started",
        "step.started",
        "step.retrying",
        "step.started",
    ]
    [kept_capture] = list_captures()
    assert (kept_capture.name, kept_capture.attempt, kept_capture.partition) == ("rows", 2, {"week": "7"})
    assert len(reject_store().list_rejects(run_id=result.run_id)) == 1


@pytest.mark.slow
def test_an_output_of_50_megabytes_is_kept_whole(store: RunStore) -> None:
    rows = ["x" * 1000] * 50_000
    result = WorkflowRunner(store=store).execute(Workflow("w", [Step.lambda_("a", lambda ctx, config: {"rows": rows})]))
    assert result.status is WorkflowStatus.COMPLETED
    [step] = store.list_steps(result.run_id)
    assert len(step.outputs["rows"]) == 50_000


def test_an_interrupted_run_is_cancelled_in_the_store(store: RunStore) -> None:
    def interrupted(ctx: Any, config: Any) -> None:
        capture("lost", [{"a": 1}])
        raise KeyboardInterrupt

    ids: list[str] = []

    class Ids:
        def on_event(self, event: RunEvent) -> None:
            ids.append(event.run_id)

    with pytest.raises(KeyboardInterrupt):
        WorkflowRunner(store=store, listeners=[Ids()]).execute(Workflow("w", [Step.lambda_("a", interrupted)]))
    kept = store.get_run(ids[0])
    assert kept is not None
    assert kept.status is WorkflowStatus.CANCELLED
    assert [step.status for step in store.list_steps(ids[0])] == [StepStatus.CANCELLED]
    assert list_captures() == []


def test_a_run_that_loops_keeps_every_attempt(store: RunStore) -> None:
    turns = iter([True, True, False])
    workflow = Workflow(
        "w", [Step.lambda_("a", lambda ctx, config: None), Step.choice("again", lambda ctx: next(turns), "a")]
    )
    result = WorkflowRunner(store=store).execute(workflow)
    steps = store.list_steps(result.run_id)
    assert [(step.step_name, step.attempt) for step in steps] == [
        (name, turn) for turn in (1, 2, 3) for name in ("a", "again")
    ]


def test_the_context_of_an_earlier_run_makes_another_run(store: RunStore) -> None:
    workflow = Workflow("w", [Step.lambda_("a", lambda ctx, config: None)])
    first = WorkflowRunner(store=store).execute(workflow)
    second = WorkflowRunner(store=store).execute(workflow, context=first.context, start_from="a")
    assert (first.run_id == second.run_id, second.status) == (False, WorkflowStatus.COMPLETED)
    assert len(store.list_steps(first.run_id)) == len(store.list_steps(second.run_id)) == 1


def test_another_process_sees_what_was_committed(tmp_path: Path) -> None:
    path = tmp_path / "spine.db"
    with SQLiteAdapter(path) as one, SQLiteAdapter(path) as other:
        ensure_schema(one)
        run = create(SqlRunStore(History(one)))
        SqlRunStore(History(one)).commit(Batch("r1", 1, steps=[STEP]))
        assert SqlRunStore(History(other)).get_run("r1") == run
        assert SqlRunStore(History(other)).list_steps("r1") == [STEP]


def test_a_batch_that_cannot_be_written_whole_is_not_written_at_all(adapter: DatabaseAdapter) -> None:
    store = SqlRunStore(History(adapter))
    create(store)
    store.commit(Batch("r1", 1, steps=[STEP]))
    ended = evolve(STEP, status=StepStatus.COMPLETED, outputs={"n": 1})
    orphan = StepCompleted(run_id="no such run", step="ingest", attempt=1)
    with pytest.raises(SpineError):
        store.commit(Batch("r1", 1, steps=[ended], staged=[a_capture()], events=[orphan]))
    assert store.list_steps("r1") == [STEP]
    assert adapter.query("SELECT capture_id FROM core_captures") == []


def test_records_of_a_pipeline_outside_of_a_workflow_are_written_in_one_transaction(adapter: DatabaseAdapter) -> None:
    store = SqlStagedStore(History(adapter))
    store.commit([a_capture(), Reject("otc", "blank", "x")])
    twice = Reject("otc", "blank", "x", id=new_id())
    with pytest.raises(IntegrityError):
        store.commit([a_capture("other"), twice, twice])
    assert [row["name"] for row in adapter.query("SELECT name FROM core_captures")] == ["otc"]
    assert len(adapter.query("SELECT id FROM core_rejects")) == 1


def test_the_sources_that_steps_read_are_those_of_the_newest_runs_of_one_definition(store: RunStore) -> None:
    def keep(number: int, read: bool | None, status: StepStatus = StepStatus.COMPLETED, digest: str = "d") -> None:
        run = evolve(RUN, run_id=new_id(), definition_hash=digest, started_at=NOW + timedelta(hours=number))
        kept = create(store, run)
        transition = Transition(read_source=read)
        step = evolve(STEP, step_id=new_id(), run_id=run.run_id, step_name="a", status=status, transition=transition)
        store.commit(Batch(run.run_id, kept.fence, steps=[step]))

    name = RUN.workflow_name
    keep(0, None)
    keep(0, True, StepStatus.FAILED)
    keep(0, True, digest="other")
    assert store.sources_read(name, "d") == {"a": False}
    keep(1, True)
    keep(2, False)
    assert store.sources_read(name, "d") == {"a": True}
    assert store.sources_read("another", "d") == {}
    for number in range(3, 103):
        keep(number, False)
    assert store.sources_read(name, "d") == {"a": False}, "the newest 100"
