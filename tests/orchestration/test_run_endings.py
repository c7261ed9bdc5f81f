"""The end of a failed run: its cleanup and hooks go on where a wait or a crash left them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from spine.orchestration import RetryPolicy, Step, Workflow, WorkflowContext, WorkflowRunner, WorkflowStatus
from spine.orchestration.lease import Lease, LostLeaseError
from spine.orchestration.run_store import RunStore
from spine.testing import FixedClock
from tests.clocks import moving

DEAD = Lease("gone/1/1", 0.0)


class Notes:
    """Steps that note their names; the one named `broken` fails once."""

    def __init__(self, broken: str = "") -> None:
        self.names: list[str] = []
        self.broken = broken

    def step(self, name: str, **options: Any) -> Step:
        def handler(ctx: WorkflowContext, config: Any) -> None:
            self.names.append(name)
            if name == self.broken:
                self.broken = ""
                raise ValueError(f"{name} is broken")

        return Step.lambda_(name, handler, **options)


def hooks(phase: str, notes: Notes) -> dict[str, Any]:
    made = [notes.step("first"), Step.wait("pause", 60), notes.step("last")]
    return {phase: made}


@pytest.mark.parametrize("phase", ["on_failure", "on_success"])
def test_a_hook_that_waits_in_a_scheduler_continues_and_nothing_runs_twice(
    phase: str, store: RunStore, fixed_clock: FixedClock
) -> None:
    notes = Notes(broken="a" if phase == "on_failure" else "")
    workflow = Workflow("w", [notes.step("a"), notes.step("b")], **hooks(phase, notes))
    runner = WorkflowRunner(store=store, park_waits=True)
    waiting = runner.execute(workflow)
    assert waiting.status is WorkflowStatus.WAITING
    fixed_clock.advance(61)
    ended = runner.resume(waiting.run_id, workflow)
    if phase == "on_failure":
        assert (ended.status, ended.error, ended.error_step) == (WorkflowStatus.FAILED, "a is broken", "a")
        assert notes.names == ["a", "first", "last"]
    else:
        assert (ended.status, notes.names) == (WorkflowStatus.COMPLETED, ["a", "b", "first", "last"])


def test_cleanup_that_waits_in_a_scheduler_continues_and_the_failed_step_does_not_run_again(
    store: RunStore, fixed_clock: FixedClock
) -> None:
    notes = Notes(broken="a")
    steps = [notes.step("a"), Step.wait("pause", 60, always_run=True), notes.step("tidy", always_run=True)]
    workflow, runner = Workflow("w", steps), WorkflowRunner(store=store, park_waits=True)
    waiting = runner.execute(workflow)
    fixed_clock.advance(61)
    ended = runner.resume(waiting.run_id, workflow)
    assert (ended.status, notes.names) == (WorkflowStatus.FAILED, ["a", "tidy"])


def test_a_run_whose_process_died_in_a_hook_stays_failed(store: RunStore) -> None:
    notes, died_in = Notes(broken="a"), list[str]()

    def dies(ctx: WorkflowContext, config: Any) -> None:
        notes.names.append("tell")
        if not died_in:
            died_in.append(ctx.run_id)
            store.acquire(ctx.run_id, DEAD, force=True)  # nothing more is committed, as if the process had died

    on_failure = [notes.step("log"), Step.lambda_("tell", dies)]
    workflow = Workflow("w", [notes.step("a"), notes.step("b")], on_failure=on_failure)
    runner = WorkflowRunner(store=store)
    with pytest.raises(LostLeaseError):
        runner.execute(workflow)
    ended = WorkflowRunner(store=store).resume(died_in[0], workflow)
    assert (ended.status, ended.error) == (WorkflowStatus.FAILED, "a is broken")
    assert notes.names == ["a", "log", "tell", "tell"]


def test_a_failed_run_that_is_resumed_runs_its_failed_step_and_at_the_next_failure_its_hooks_again(
    store: RunStore,
) -> None:
    notes = Notes(broken="a")
    workflow = Workflow("w", [notes.step("a")], on_failure=[notes.step("tell")])
    failed = WorkflowRunner(store=store).execute(workflow)
    notes.broken = "a"
    runner = WorkflowRunner(store=store)
    assert runner.resume(failed.run_id, workflow).status is WorkflowStatus.FAILED
    assert runner.resume(failed.run_id, workflow).status is WorkflowStatus.COMPLETED
    assert notes.names == ["a", "tell", "a", "tell", "a"]


def test_the_hooks_of_a_failed_run_may_outlast_its_timeout_and_run_once(fixed_clock: FixedClock) -> None:
    notes = Notes(broken="a")
    workflow = Workflow("w", [notes.step("a")], timeout=10, **hooks("on_failure", notes))
    with moving(fixed_clock, 59, 2, when=lambda: fixed_clock.waiting == 2):  # the wait, and the heartbeat
        ended = WorkflowRunner().execute(workflow)
    assert (ended.error, notes.names) == ("a is broken", ["a", "first", "last"])


def bad(ctx: WorkflowContext, config: Any) -> None:
    raise ConnectionError("down")


@pytest.mark.parametrize(
    "step",
    [
        Step.wait("a", 3600),
        Step.wait("a", until=lambda ctx: False, poll_seconds=1),
        Step.lambda_("a", bad, retry_policy=RetryPolicy(9, 600, max_delay_seconds=600, jitter=False)),
        Step.workflow("a", Workflow("below", [Step.wait("a", 3600)])),
    ],
    ids=["duration", "condition", "retry", "sub-workflow"],
)
def test_the_timeout_of_a_workflow_counts_from_its_start_also_where_the_run_holds_no_process(
    step: Step, store: RunStore, fixed_clock: FixedClock
) -> None:
    workflow = Workflow("w", [step], timeout=10)
    runner = WorkflowRunner(store=store, park_waits=True)
    begun = fixed_clock.now()
    result = runner.execute(workflow)
    while result.status is WorkflowStatus.WAITING:
        assert result.wake_at is not None
        assert result.wake_at <= begun + timedelta(seconds=11)
        fixed_clock.advance(max((result.wake_at - fixed_clock.now()).total_seconds(), 0.1))
        result = runner.resume(result.run_id, workflow)
    assert result.error == "workflow 'w' took longer than its timeout of 10 s"


def test_a_run_that_is_resumed_after_its_end_has_its_timeout_anew(store: RunStore, fixed_clock: FixedClock) -> None:
    notes = Notes(broken="a")
    workflow = Workflow("w", [notes.step("a")], timeout=10)
    runner = WorkflowRunner(store=store)
    failed = runner.execute(workflow)
    fixed_clock.advance(3600)
    assert runner.resume(failed.run_id, workflow).status is WorkflowStatus.COMPLETED
