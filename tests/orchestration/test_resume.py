"""Runs that stopped in the middle resume where they stopped: on memory, SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from spine.core.errors import NetworkError, ValidationError, WorkflowError
from spine.framework.captures import capture, list_captures
from spine.orchestration import (
    END,
    ErrorPolicy,
    RetryPolicy,
    Step,
    StepResult,
    StepStatus,
    Workflow,
    WorkflowContext,
    WorkflowResult,
    WorkflowRunner,
    WorkflowStatus,
    workflow_registry,
)
from spine.orchestration.definition.diff import ChangedWorkflowError
from spine.orchestration.engine.journal import Journal
from spine.orchestration.events import RunStarted
from spine.orchestration.lease import Lease, LeaseError, LostLeaseError, process_name
from spine.orchestration.records import UnknownRunError
from spine.orchestration.run_store import RunStore
from tests.storage.records import RUN


class Work:
    """Steps that count how often they ran, and fail while they are told to."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.broken: set[str] = set()

    def step(self, name: str, result: Any = None, **options: Any) -> Step:
        def handler(ctx: WorkflowContext, config: Any) -> Any:
            self.ran.append(name)
            if name in self.broken:
                raise WorkflowError(f"{name} is broken")
            return result(ctx) if callable(result) else result or {"from": name}

        return Step.lambda_(name, handler, **options)


@pytest.fixture
def work() -> Work:
    return Work()


def resume(store: RunStore, result: WorkflowResult, workflow: Workflow, **options: Any) -> WorkflowResult:
    return WorkflowRunner(store=store).resume(result.run_id, workflow, **options)


def test_finished_steps_do_not_run_again_and_their_outputs_are_there(store: RunStore, work: Work) -> None:
    workflow = Workflow(
        "w",
        [work.step("a"), work.step("b"), work.step("c", lambda ctx: {"seen": ctx.get_output("a", "from")})],
    )
    work.broken.add("b")
    failed = WorkflowRunner(store=store).execute(workflow, {"week": 7})
    assert (failed.status, work.ran) == (WorkflowStatus.FAILED, ["a", "b"])
    work.broken.clear()
    done = resume(store, failed, workflow)
    assert (done.status, work.ran) == (WorkflowStatus.COMPLETED, ["a", "b", "b", "c"])
    assert done.run_id == failed.run_id
    assert done.context.get_output("c", "seen") == "a"
    assert done.context.get_param("week") == 7
    steps = [
        (step.step_name, step.attempt, step.first_attempt, step.status.name) for step in store.list_steps(done.run_id)
    ]
    assert steps == [
        ("a", 1, 1, "COMPLETED"),
        ("b", 1, 1, "FAILED"),
        ("b", 2, 1, "COMPLETED"),
        ("c", 1, 1, "COMPLETED"),
    ]
    kept = store.get_run(done.run_id)
    assert kept is not None
    assert (kept.status, kept.error, kept.completed_steps) == (WorkflowStatus.COMPLETED, None, 3)


@pytest.mark.parametrize("answer", [True, False])
def test_a_choice_takes_the_branch_that_it_took(store: RunStore, work: Work, answer: bool) -> None:
    answers = iter([answer])
    workflow = Workflow(
        "w",
        [
            Step.choice("route", lambda ctx: next(answers), "yes", "no"),
            work.step("yes"),
            work.step("no"),
            work.step("end"),
        ],
    )
    taken = "yes" if answer else "no"
    work.broken.add(taken)
    failed = WorkflowRunner(store=store).execute(workflow)
    work.broken.clear()
    assert resume(store, failed, workflow).status is WorkflowStatus.COMPLETED
    assert work.ran == [taken, taken, "end"]


def test_next_step_end_and_changed_parameters_are_remembered(store: RunStore, work: Work) -> None:
    workflow = Workflow(
        "w",
        [
            work.step("a", lambda ctx: StepResult.ok(context_updates={"week": 8}, next_step="c")),
            work.step("b"),
            work.step("c", lambda ctx: {"week": ctx.get_param("week")}, next_step=END),
            work.step("d"),
        ],
    )
    work.broken.add("c")
    failed = WorkflowRunner(store=store).execute(workflow, {"week": 7})
    work.broken.clear()
    done = resume(store, failed, workflow)
    assert (work.ran, done.context.get_output("c", "week")) == (["a", "c", "c"], 8)
    assert done.skipped_steps == ["b", "d"]


def test_a_loop_goes_on_in_the_turn_that_it_was_in(store: RunStore, work: Work) -> None:
    workflow = Workflow(
        "w",
        [
            work.step("count", lambda ctx: {"n": ctx.get_output("count", "n", 0) + 1}),
            work.step("use"),
            Step.choice("again", lambda ctx: ctx.get_output("count", "n") < 3, "count"),
        ],
    )
    work.broken.add("use")
    failed = WorkflowRunner(store=store).execute(workflow)
    work.broken.clear()
    done = resume(store, failed, workflow)
    assert done.context.get_output("count", "n") == 3
    assert work.ran.count("count") == 3
    visits = [(s.step_name, s.attempt, s.first_attempt) for s in store.list_steps(done.run_id) if s.step_name == "use"]
    assert visits == [("use", 1, 1), ("use", 2, 1), ("use", 3, 3), ("use", 4, 4)]


def test_a_step_that_may_fail_and_did_is_not_tried_again(store: RunStore, work: Work) -> None:
    workflow = Workflow("w", [work.step("a", on_error=ErrorPolicy.CONTINUE), work.step("b")])
    work.broken.update(("a", "b"))
    failed = WorkflowRunner(store=store).execute(workflow)
    work.broken.clear()
    done = resume(store, failed, workflow)
    assert (work.ran, done.status) == (["a", "b", "b"], WorkflowStatus.PARTIAL)


def test_from_step_runs_that_step_and_those_after_it_again(store: RunStore, work: Work) -> None:
    workflow = Workflow("w", [work.step("a"), work.step("b"), work.step("c", lambda ctx: {"saw": sorted(ctx.outputs)})])
    first = WorkflowRunner(store=store).execute(workflow)
    with pytest.raises(WorkflowError, match="is COMPLETED: name the step"):
        resume(store, first, workflow)
    again = resume(store, first, workflow, from_step="b")
    assert work.ran == ["a", "b", "c", "b", "c"]
    assert again.context.get_output("c", "saw") == ["a", "b"]
    work.broken.add("c")
    failed = resume(store, first, workflow, from_step="c")
    assert failed.status is WorkflowStatus.FAILED
    work.broken.clear()
    assert resume(store, first, workflow).status is WorkflowStatus.COMPLETED
    assert work.ran[5:] == ["c", "c"]


def test_a_run_that_began_in_the_middle_is_resumed_with_the_outputs_that_it_was_given(
    store: RunStore, work: Work
) -> None:
    workflow = Workflow("w", [work.step("a"), work.step("b"), work.step("c")])
    first = WorkflowRunner(store=store).execute(workflow)
    work.broken.add("c")
    second = WorkflowRunner(store=store).execute(workflow, context=first.context, start_from="b")
    work.broken.clear()
    done = resume(store, second, workflow)
    assert work.ran == ["a", "b", "c", "b", "c", "c"]
    assert sorted(done.context.outputs) == ["a", "b", "c"]


def test_a_changed_workflow_is_refused_with_the_difference_unless_forced(store: RunStore, work: Work) -> None:
    before = Workflow("w", [work.step("a"), work.step("b"), work.step("c")])
    work.broken.add("b")
    failed = WorkflowRunner(store=store).execute(before)
    work.broken.clear()
    after = Workflow("w", [work.step("a"), work.step("b", config={"limit": 5}), work.step("d")])
    with pytest.raises(ChangedWorkflowError) as caught:
        resume(store, failed, after)
    assert "step 'c' is gone; step 'd' is new; step 'b' has another config" in str(caught.value)
    assert resume(store, failed, after, force=True).status is WorkflowStatus.COMPLETED
    assert work.ran == ["a", "b", "b", "d"]


@pytest.mark.parametrize(
    ("options", "a", "b", "refused"),
    [
        ({"description": "a typo less", "tags": ["new"], "version": 2, "defaults": {"x": 1}}, {}, {}, None),
        ({"timeout": 600}, {}, {"retry_policy": RetryPolicy(max_attempts=9)}, None),
        ({}, {"config": {"limit": 5}}, {}, None),
        ({}, {"next_step": "c"}, {}, "step 'a' has another next_step"),
        ({}, {}, {"config": {"limit": 5}}, "step 'b' has another config"),
        ({"domain": "other"}, {}, {}, "domain was '', is 'other'"),
    ],
)
def test_only_what_a_resumed_run_would_do_differently_is_refused(
    store: RunStore, work: Work, options: Any, a: Any, b: Any, refused: str | None
) -> None:
    work.broken.add("b")
    failed = WorkflowRunner(store=store).execute(Workflow("w", [work.step(name) for name in "abc"]))
    work.broken.clear()
    after = Workflow("w", [work.step("a", **a), work.step("b", **b), work.step("c")], **options)
    if refused is None:
        assert resume(store, failed, after).status is WorkflowStatus.COMPLETED
        return
    with pytest.raises(ChangedWorkflowError, match=refused):
        resume(store, failed, after)


def test_a_step_that_a_later_one_jumps_back_to_may_not_change(store: RunStore, work: Work) -> None:
    def looping(**options: Any) -> Workflow:
        back = Step.choice("c", lambda ctx: False, then_step="a", else_step="d")
        return Workflow("w", [work.step("first", **options), work.step("a"), work.step("b"), back, work.step("d")])

    work.broken.add("b")
    failed = WorkflowRunner(store=store).execute(looping())
    work.broken.clear()
    steps = list(looping().steps)
    steps[1] = work.step("a", config={"limit": 5})
    with pytest.raises(ChangedWorkflowError, match="step 'a' has another config"):
        resume(store, failed, Workflow("w", steps))
    assert resume(store, failed, looping(config={"limit": 5})).status is WorkflowStatus.COMPLETED


def test_a_failed_on_success_step_makes_the_run_partial_and_hooks_run_in_their_place(
    store: RunStore, work: Work
) -> None:
    workflow = Workflow(
        "w", [work.step("a"), work.step("b")], on_success=[work.step("good")], on_failure=[work.step("bad")]
    )
    work.broken.add("b")
    failed = WorkflowRunner(store=store).execute(workflow)
    assert (failed.status, failed.error_step, work.ran) == (WorkflowStatus.FAILED, "b", ["a", "b", "bad"])
    work.broken = {"good"}
    done = resume(store, failed, workflow)
    assert (done.status, work.ran[3:]) == (WorkflowStatus.PARTIAL, ["b", "good"])


def test_always_run_steps_run_after_a_failure_and_again_after_the_next(store: RunStore, work: Work) -> None:
    workflow = Workflow("w", [work.step("a"), work.step("b"), work.step("clean", always_run=True)])
    work.broken.add("a")
    failed = WorkflowRunner(store=store).execute(workflow)
    assert (failed.status, failed.error_step, work.ran) == (WorkflowStatus.FAILED, "a", ["a", "clean"])
    work.broken.clear()
    assert resume(store, failed, workflow).status is WorkflowStatus.COMPLETED
    assert work.ran == ["a", "clean", "a", "b", "clean"]


def test_when_keeps_a_step_from_running_also_in_a_resumed_run(store: RunStore, work: Work) -> None:
    asked: list[int] = []

    def never(ctx: WorkflowContext) -> bool:
        asked.append(1)
        return False

    workflow = Workflow("w", [work.step("a", when=never), work.step("b"), work.step("c", when=lambda ctx: 1 / 0)])
    work.broken.add("b")
    failed = WorkflowRunner(store=store).execute(workflow)
    work.broken.clear()
    done = resume(store, failed, workflow)
    assert (work.ran, len(asked)) == (["b", "b"], 1)
    assert (done.status, done.error_step, done.error) == (WorkflowStatus.FAILED, "c", "division by zero")
    assert done.skipped_steps == ["a"]


def test_a_run_of_a_dead_process_is_resumed_at_once_and_its_step_counts_as_cancelled(
    store: RunStore, work: Work
) -> None:
    workflow = Workflow("w", [work.step("a"), work.step("b", lambda ctx: capture("made", [{"x": 1}]).to_dict())])
    run_id = dead_run(store, workflow)
    [run] = store.abandoned()
    assert run.run_id == run_id
    [done] = WorkflowRunner(store=registered(store, workflow)).recover()
    assert (done.status, work.ran) == (WorkflowStatus.COMPLETED, ["a", "b"])
    steps = store.list_steps(run_id)
    assert [(step.step_name, step.attempt, step.status) for step in steps] == [
        ("a", 1, StepStatus.CANCELLED),
        ("a", 2, StepStatus.COMPLETED),
        ("b", 1, StepStatus.COMPLETED),
    ]
    assert [kept.run_id for kept in list_captures()] == [run_id]
    assert store.abandoned() == []


def test_the_key_of_a_run_belongs_to_its_workflow_and_parameters(store: RunStore, work: Work) -> None:
    first, other = Workflow("w", [work.step("a")]), Workflow("other", [work.step("a")])
    runner = WorkflowRunner(store=store)
    run_id = runner.execute(first, {"week": "1"}, idempotency_key="K").run_id
    assert runner.execute(first, {"week": "1"}, idempotency_key="K").run_id == run_id
    with pytest.raises(ValidationError, match=f"key 'K' belongs to run {run_id} of workflow 'w': use another key"):
        runner.execute(other, {"week": "1"}, idempotency_key="K")
    with pytest.raises(ValidationError, match=f"key 'K' belongs to run {run_id}, which has another week"):
        runner.execute(first, {"week": "2"}, idempotency_key="K")
    for key in ("", "k" * 201, "k\0"):
        with pytest.raises(ValidationError, match="the idempotency key"):
            runner.execute(first, idempotency_key=key)
    assert work.ran == ["a"]


@pytest.mark.parametrize("value", ["a\0", "\ud800", "a" * 201])
def test_a_partition_that_some_databases_cannot_keep_is_refused_by_all(store: RunStore, work: Work, value: str) -> None:
    with pytest.raises(ValidationError, match="partition week"):
        WorkflowRunner(store=store).execute(Workflow("w", [work.step("a")]), partition={"week": value})
    with pytest.raises(ValidationError, match="a partition has at most 2,000 characters as JSON"):
        WorkflowRunner(store=store).execute(
            Workflow("w", [work.step("a")]), partition={str(number): "x" * 190 for number in range(12)}
        )
    assert work.ran == []


def test_a_run_that_keeps_dying_ends_crashed(store: RunStore, work: Work) -> None:
    workflow = Workflow("w", [work.step("a")])
    run_id = dead_run(store, workflow)
    [ended] = WorkflowRunner(store=registered(store, workflow)).recover(max_crashes=1)
    assert (ended.status, ended.run_id, work.ran) == (WorkflowStatus.CRASHED, run_id, [])
    assert ended.error == "the process that ran it died"
    assert [step.status for step in store.list_steps(run_id)] == [StepStatus.CANCELLED]
    assert resume(store, ended, workflow).status is WorkflowStatus.COMPLETED


def test_on_crash_mark_ends_the_run_and_runs_nothing(store: RunStore, work: Work) -> None:
    workflow = Workflow("w", [work.step("a")])
    dead_run(store, workflow)
    [ended] = WorkflowRunner(store=registered(store, workflow)).recover(on_crash="mark")
    assert (ended.status, work.ran) == (WorkflowStatus.CRASHED, [])


def test_a_run_whose_workflow_is_gone_ends_crashed_and_says_so(store: RunStore, work: Work) -> None:
    dead_run(store, Workflow("gone", [work.step("a")]))
    [ended] = WorkflowRunner(store=store).recover()
    assert ended.status is WorkflowStatus.CRASHED
    assert "it cannot be resumed: workflow 'gone' not found" in str(ended.error)


def test_a_run_that_shall_be_cancelled_and_that_nobody_holds_is_cancelled_by_whoever_takes_it_over(
    store: RunStore, work: Work
) -> None:
    workflow = Workflow("w", [work.step("a")])
    run_id = dead_run(store, workflow)
    store.request_cancel(run_id)
    [ended] = WorkflowRunner(store=registered(store, workflow)).recover()
    assert (ended.status, work.ran) == (WorkflowStatus.CANCELLED, [])
    assert resume(store, ended, workflow).status is WorkflowStatus.COMPLETED


def test_a_run_that_waits_is_cancelled_without_waiting_for_its_time(store: RunStore, work: Work) -> None:
    workflow = Workflow("w", [Step.wait("pause", 3600), work.step("a")])
    parked = WorkflowRunner(store=registered(store, workflow), park_waits=True).execute(workflow)
    assert (parked.status, store.abandoned()) == (WorkflowStatus.WAITING, [])
    store.request_cancel(parked.run_id)
    [ended] = WorkflowRunner(store=store).recover()
    assert (ended.status, work.ran) == (WorkflowStatus.CANCELLED, [])


def test_a_run_that_another_process_holds_is_left_alone(store: RunStore, work: Work) -> None:
    workflow = Workflow("w", [work.step("a")])
    run_id = dead_run(store, workflow, owner="other-host/1/1")
    assert store.abandoned() == []
    with pytest.raises(LeaseError, match="is being run by other-host/1/1"):
        WorkflowRunner(store=store).resume(run_id, workflow)


def test_a_frozen_process_that_wakes_up_cannot_commit(store: RunStore, work: Work) -> None:
    workflow = Workflow("w", [work.step("a", lambda ctx: taken_over(ctx.run_id)), work.step("b")])

    def taken_over(run_id: str) -> dict[str, Any]:
        capture("stolen", [{"x": 1}])
        store.acquire(run_id, Lease("other-host/1/1"), force=True)
        return {}

    with pytest.raises(LostLeaseError, match="taken over"):
        WorkflowRunner(store=store).execute(workflow)
    assert work.ran == ["a"]
    assert list_captures() == []


def test_an_unknown_run_cannot_be_resumed(store: RunStore) -> None:
    with pytest.raises(UnknownRunError, match="no run 'zz'"):
        WorkflowRunner(store=store).resume("zz")


def test_the_tries_of_a_resumed_step_begin_anew(store: RunStore) -> None:
    failures = [NetworkError("x")] * 2
    tries = []

    def flaky(ctx: Any, config: Any) -> None:
        tries.append(1)
        if failures:
            raise failures.pop()

    step = Step.lambda_("a", flaky, retry_policy=RetryPolicy(max_attempts=2, initial_delay_seconds=0))
    failed = WorkflowRunner(store=store).execute(Workflow("w", [step]))
    assert failed.status is WorkflowStatus.FAILED
    assert resume(store, failed, Workflow("w", [step])).status is WorkflowStatus.COMPLETED
    assert len(tries) == 3


def registered(store: RunStore, workflow: Workflow) -> RunStore:
    workflow_registry.register(workflow)
    return store


def dead_run(store: RunStore, workflow: Workflow, owner: str | None = None) -> str:
    """Leave a run in its first step, as a process does that is killed there."""
    host = process_name().rsplit("/", 2)[0]
    run = evolve(RUN, workflow_name=workflow.name, definition_hash=workflow.definition_hash(), run_id="dead")
    created = store.create(run, workflow.to_dict(), {}, Lease(owner or f"{host}/999999999/1"))
    assert created is not None
    journal = Journal(workflow, created, WorkflowContext("dead", workflow.name), store, ())
    journal.begin(RunStarted)
    journal.start_step(workflow.steps[0], 1, first_attempt=None, phase=None)
    return "dead"


def test_a_branch_that_a_resumed_run_takes_for_the_first_time_is_no_longer_skipped(store: RunStore, work: Work) -> None:
    left = [True]
    choice = Step.choice("which", lambda ctx: left[0], "left", "right")
    workflow = Workflow("w", [choice, work.step("left", next_step=END), work.step("right", next_step=END)])
    first = WorkflowRunner(store=store).execute(workflow)
    assert (first.completed_steps, first.skipped_steps) == (["which", "left"], ["right"])
    again = resume(store, first, workflow, from_step="which")
    assert again.skipped_steps == ["right"]
    left[0] = False
    last = resume(store, again, workflow, from_step="which")
    assert (last.status, work.ran) == (WorkflowStatus.COMPLETED, ["left", "left", "right"])
    attempts = [(step.step_name, step.attempt, step.status.name) for step in store.list_steps(first.run_id)]
    assert [found for found in attempts if found[0] == "right"] == [("right", 1, "COMPLETED")]
