"""Child runs: the retries of their parent's step, a forced resumption, and the end of their parent."""

from __future__ import annotations

from typing import Any

import pytest

from spine.core.errors import DatabaseConnectionError
from spine.orchestration import RetryPolicy, Step, Workflow, WorkflowContext, WorkflowRunner, WorkflowStatus
from spine.orchestration.engine.lifecycle import Engine
from spine.orchestration.run_store import RunStore
from spine.testing import FixedClock

POLICY = RetryPolicy(max_attempts=3, initial_delay_seconds=0)


class Flaky:
    """Handler that fails `failures` times with a retryable error, whose category is not NETWORK."""

    def __init__(self, failures: int) -> None:
        self.left = failures

    def __call__(self, ctx: WorkflowContext, config: Any) -> None:
        self.left -= 1
        if self.left >= 0:
            raise DatabaseConnectionError("gone")


@pytest.mark.parametrize("kind", ["workflow", "parallel", "map"])
def test_a_retryable_error_of_a_child_run_is_one_for_the_retry_policy_of_its_parents_step(kind: str) -> None:
    inner = Step.lambda_("inner", Flaky(2).__call__)
    step = {
        "workflow": lambda: Step.workflow("a", Workflow("below", [inner]), retry_policy=POLICY),
        "parallel": lambda: Step.parallel("a", {"x": [inner]}, retry_policy=POLICY),
        "map": lambda: Step.map("a", "items", Workflow("below", [inner]), retry_policy=POLICY),
    }[kind]()
    result = WorkflowRunner().execute(Workflow("w", [step]), {"items": [1]})
    assert (result.status, result.error) == (WorkflowStatus.COMPLETED, None)


def test_a_forced_resumption_holds_for_child_runs_whose_workflow_has_changed(store: RunStore) -> None:
    def parent(*below: Step) -> Workflow:
        return Workflow("w", [Step.workflow("a", Workflow("below", below))])

    flaky = Step.lambda_("flaky", Flaky(1).__call__)
    failed = WorkflowRunner(store=store).execute(parent(flaky))
    changed = parent(flaky, Step.lambda_("more", lambda ctx, config: {"n": 1}))
    done = WorkflowRunner(store=store).resume(failed.run_id, changed, force=True)
    assert done.context.get_output("a", "more") == {"n": 1}


def waiting_below(**options: Any) -> Workflow:
    """Return a workflow whose child run waits for an hour; beside it a step may fail."""
    below = Workflow("below", [Step.wait("pause", 3600), Step.lambda_("after", lambda ctx, config: {"n": 1})])
    return Workflow("w", [Step.workflow("sub", below)], **options)


def children(store: RunStore, run_id: str) -> list[WorkflowStatus]:
    return [child.status for child in store.list_children(run_id)]


def test_a_child_run_that_waits_is_cancelled_when_the_timeout_of_its_parent_is_over(
    store: RunStore, fixed_clock: FixedClock
) -> None:
    workflow = waiting_below(timeout=60)
    runner = WorkflowRunner(store=store, park_waits=True)
    waiting = runner.execute(workflow)
    assert children(store, waiting.run_id) == [WorkflowStatus.WAITING]
    fixed_clock.advance(3601)
    ended = runner.resume(waiting.run_id, workflow)
    assert ended.status is WorkflowStatus.FAILED
    assert children(store, waiting.run_id) == [WorkflowStatus.CANCELLED]


def test_a_parent_whose_process_dies_at_its_end_leaves_no_child_run_open_for_ever(
    store: RunStore, fixed_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = waiting_below(timeout=60)
    runner = WorkflowRunner(store=store, park_waits=True)
    waiting = runner.execute(workflow)
    fixed_clock.advance(3601)
    with monkeypatch.context() as patched:
        patched.setattr(Engine, "_end_children", die)
        with pytest.raises(KeyError):
            runner.resume(waiting.run_id, workflow)
    assert children(store, waiting.run_id) == [WorkflowStatus.WAITING]
    [recovered] = runner.recover()
    assert (recovered.workflow_name, recovered.status) == ("below", WorkflowStatus.CANCELLED)
    assert children(store, waiting.run_id) == [WorkflowStatus.CANCELLED]
    assert runner.recover() == []


def die(*_: object) -> None:
    raise KeyError("the process dies here")


def test_a_branch_that_waits_is_cancelled_when_another_one_fails(store: RunStore, fixed_clock: FixedClock) -> None:
    def fail(ctx: WorkflowContext, config: Any) -> None:
        raise ValueError("no luck")

    step = Step.parallel("both", {"waits": [Step.wait("pause", 3600)], "fails": [Step.lambda_("fail", fail)]})
    workflow = Workflow("w", [step])
    runner = WorkflowRunner(store=store, park_waits=True)
    result = runner.execute(workflow)
    if result.status is WorkflowStatus.WAITING:
        fixed_clock.advance(3601)
        result = runner.resume(result.run_id, workflow)
    assert result.status is WorkflowStatus.FAILED
    assert all(status.has_ended for status in children(store, result.run_id))


def test_a_run_that_is_resumed_after_its_end_resumes_the_child_run_that_its_end_cancelled(
    store: RunStore, fixed_clock: FixedClock
) -> None:
    workflow = waiting_below()
    runner = WorkflowRunner(store=store, park_waits=True)
    waiting = runner.execute(workflow)
    runner.cancel(waiting.run_id)
    assert children(store, waiting.run_id) == [WorkflowStatus.CANCELLED]
    again = runner.resume(waiting.run_id, workflow)
    assert again.status is WorkflowStatus.WAITING
    fixed_clock.advance(3601)
    assert runner.resume(waiting.run_id, workflow).status is WorkflowStatus.COMPLETED
    assert children(store, waiting.run_id) == [WorkflowStatus.COMPLETED]


def test_an_error_of_the_store_after_the_end_of_a_run_does_not_hide_its_result(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(*_: object) -> None:
        raise DatabaseConnectionError("the database is gone")

    monkeypatch.setattr(Engine, "_end_children", gone)
    failed = WorkflowRunner(store=store).execute(Workflow("w", [Step.lambda_("a", Flaky(1).__call__)]))
    assert (failed.status, failed.error) == (WorkflowStatus.FAILED, "gone")
    assert f"run {failed.run_id} has ended, and its child runs may be open: the database is gone" in caplog.text
