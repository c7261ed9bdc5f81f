"""Execution of workflows: steps that complete, fail or misbehave."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spine.core.errors import NetworkError, RateLimitError, SourceNotFoundError, ValidationError, WorkflowError
from spine.core.result import Err, Ok
from spine.core.secrets import Secret
from spine.framework.captures import capture, list_captures, read_capture
from spine.framework.dispatcher import Dispatcher
from spine.framework.pipelines import PipelineResult, pipeline
from spine.framework.rejects import Reject, quarantine, reject_store
from spine.framework.work import current_work
from spine.orchestration import (
    ErrorPolicy,
    QualityMetrics,
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
from spine.orchestration.definition.check import problems
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.orchestration.run_store import run_store
from spine_sources_file.source import FileSource

Run = Callable[..., WorkflowResult]


def test_a_run_passes_outputs_from_step_to_step_and_returns_everything(run: Run, recorder: Any) -> None:
    result = run(
        lambda ctx, config: {"n": ctx.get_param("start")},
        lambda ctx, config: StepResult.ok(n=ctx.get_output("s1", "n") + 1),
        lambda ctx, config: None,
        params={"start": 1},
    )
    assert (result.status, result.workflow_name, result.error, result.error_step) == (
        WorkflowStatus.COMPLETED,
        "w",
        None,
        None,
    )
    assert result.context.outputs == {"s1": {"n": 1}, "s2": {"n": 2}, "s3": {}}
    assert (result.completed_steps, result.failed_steps, result.total_steps) == (["s1", "s2", "s3"], [], 3)
    assert result.run_id == result.context.run_id
    assert result.completed_at is not None
    assert result.started_at <= result.completed_at
    assert recorder.types == ["run.started", *["step.started", "step.completed"] * 3, "run.completed"]


def test_a_run_of_no_steps_completes(run: Run) -> None:
    assert run().status is WorkflowStatus.COMPLETED


def test_the_defaults_of_the_runner_are_enough() -> None:
    result = WorkflowRunner().execute(Workflow("w", [Step.lambda_("a", lambda ctx, config: None)]))
    assert result.status is WorkflowStatus.COMPLETED
    assert run_store().get_run(result.run_id) is not None


def test_the_params_of_a_run_are_the_defaults_and_over_them_those_given() -> None:
    workflow = Workflow("w", [], defaults={"a": 1, "b": {"c": [1]}})
    context = WorkflowRunner().execute(workflow, {"a": 2, "day": date(2025, 1, 1)}).context
    assert context.params == {"a": 2, "b": {"c": [1]}, "day": "2025-01-01"}


def test_params_that_json_cannot_hold_are_named_before_a_run_is_made(run: Run, recorder: Any) -> None:
    with pytest.raises(ValidationError, match=r"params\.f is a Secret"):
        run(params={"f": Secret("x")})
    assert recorder.events == []


def test_a_resolver_sees_defaults_and_params_and_its_answer_is_the_runs() -> None:
    workflow = Workflow(
        "w",
        [],
        defaults={"week": "latest", "n": 1},
        partition_by=["week"],
        resolve_params=lambda params: {**params, "week": "20251215"},
    )
    result = WorkflowRunner().execute(workflow, {"n": 2})
    assert (result.context.params, result.context.partition) == ({"week": "20251215", "n": 2}, {"week": "20251215"})


def test_the_partition_is_the_one_given_or_made_of_the_params() -> None:
    workflow = Workflow("w", [], partition_by=["week"])
    assert WorkflowRunner().execute(workflow, {"week": 7}).context.partition == {"week": 7}
    result = WorkflowRunner().execute(workflow, {"week": 7}, {"day": date(2025, 1, 1)})
    assert result.context.partition == {"day": "2025-01-01"}
    kept = run_store().get_run(result.run_id)
    assert kept is not None
    assert kept.partition == {"day": "2025-01-01"}


def test_updates_of_the_context_are_params_of_the_later_steps(run: Run) -> None:
    result = run(
        lambda ctx, config: StepResult.ok(context_updates={"week": "2"}),
        lambda ctx, config: {"week": ctx.get_param("week")},
        params={"week": "1"},
    )
    assert result.context.get_output("s2", "week") == result.context.get_param("week") == "2"


def test_a_step_gets_its_config(run: Run) -> None:
    step = Step.lambda_("a", lambda ctx, config: {"limit": config["limit"]}, {"limit": 5})
    assert run(step).context.get_output("a", "limit") == 5


def test_a_failing_step_ends_the_run_and_says_why(run: Run, recorder: Any) -> None:
    result = run(lambda ctx, config: None, lambda ctx, config: StepResult.fail("too few", "DATA_QUALITY"), print)
    assert (result.status, result.error_step, result.error) == (WorkflowStatus.FAILED, "s2", "too few")
    assert (result.error_category, result.completed_steps, result.failed_steps) == ("DATA_QUALITY", ["s1"], ["s2"])
    assert recorder.types[-2:] == ["step.failed", "run.failed"]
    assert not result.context.has_output("s2")


@pytest.mark.parametrize(
    ("error", "category", "retryable"),
    [
        (SourceNotFoundError("gone"), "SOURCE", False),
        (NetworkError("gone"), "NETWORK", True),
        (ConnectionResetError("gone"), "NETWORK", True),
        (RuntimeError("gone"), "INTERNAL", False),
    ],
)
def test_an_exception_is_a_failed_step_that_keeps_category_and_retryable_flag(
    run: Run, error: Exception, category: str, retryable: bool
) -> None:
    def handler(ctx: Any, config: Any) -> None:
        raise error

    result = run(handler)
    kept = run_store().get_run(result.run_id)
    assert kept is not None
    assert (result.status, result.error, result.error_category) == (WorkflowStatus.FAILED, "gone", category)
    assert (kept.error, kept.error_category, kept.error_retryable) == ("gone", category, retryable)


def test_a_step_that_may_fail_makes_the_run_partial(run: Run) -> None:
    failing = Step.lambda_("bad", lambda ctx, config: StepResult.fail("no"), on_error=ErrorPolicy.CONTINUE)
    result = run(failing, lambda ctx, config: {"seen": ctx.has_output("bad")})
    assert (result.status, result.failed_steps, result.completed_steps) == (WorkflowStatus.PARTIAL, ["bad"], ["s2"])
    assert result.context.get_output("s2") == {"seen": False}
    assert (result.error, result.error_step) == (None, None)


@pytest.mark.parametrize("ok", [Ok({"n": 1}), Ok(Ok({"n": 1})), Ok(StepResult.ok(n=1))])
def test_a_handler_may_return_an_ok_of_what_it_may_return(run: Run, ok: Any) -> None:
    assert run(lambda ctx, config: ok).context.get_output("s1") == {"n": 1}


def test_an_err_that_a_handler_or_a_condition_returns_fails_its_step_with_the_error(run: Run) -> None:
    err = Err[Any](NetworkError("gone"))
    for step in (
        Step.lambda_("s1", lambda ctx, config: err),
        Step.lambda_("s1", print_nothing, when=lambda ctx: err),
        Step.choice("s1", lambda ctx: err, "s1"),
        Step.map("s1", lambda ctx: [1], function=lambda ctx, item: err),
    ):
        result = run(step)
        assert (result.status, result.error_category) == (WorkflowStatus.FAILED, "NETWORK")
        assert str(result.error).endswith("gone")


@pytest.mark.parametrize("nonsense", ["text", 5, [1], object(), True, StepResult])
def test_a_handler_that_returns_nonsense_fails_and_is_told_what_to_return(run: Run, nonsense: Any) -> None:
    result = run(lambda ctx, config: nonsense)
    assert result.status is WorkflowStatus.FAILED
    assert result.error is not None
    assert result.error.startswith("the function of step 's1' returned ")
    assert result.error.endswith("return a StepResult, a dict, a Result of one of them, or None")


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (StepResult(True, "text"), "the output of step 's1' must be a dict, not str"),  # type: ignore[arg-type]
        (StepResult(True, context_updates=[1]), "the context updates of step 's1' must be a dict, not list"),  # type: ignore[arg-type]
        (StepResult(True, quality={"passed": True}), "the quality of step 's1' is not a QualityMetrics"),  # type: ignore[arg-type]
        (StepResult.ok(events=[{"at": object()}]), "the events of step 's1'[0].at is a object"),
        (StepResult.ok(quality=QualityMetrics(custom_metrics={"x": object()})), "custom_metrics.x is a object"),
        (StepResult.ok(next_step="nowhere"), "step 's1' goes to 'nowhere'"),
        (StepResult.ok(next_step=5), "step 's1' goes to 5"),  # type: ignore[arg-type]
        (StepResult(False), "no reason given"),
    ],
)
def test_a_result_that_is_put_together_wrongly_is_a_failed_step(run: Run, broken: StepResult, words: str) -> None:
    result = run(lambda ctx, config: broken)
    assert (result.status, result.failed_steps) == (WorkflowStatus.FAILED, ["s1"])
    assert result.error is not None
    assert words in result.error


def test_a_result_without_an_output_has_an_empty_one(run: Run) -> None:
    assert run(lambda ctx, config: StepResult(True, None)).context.outputs == {"s1": {}}  # type: ignore[arg-type]


def test_a_result_is_not_changed_by_the_run(run: Run) -> None:
    shared = StepResult.ok(day=date(2025, 1, 1))
    assert run(lambda ctx, config: shared).context.get_output("s1", "day") == "2025-01-01"
    assert shared.output == {"day": date(2025, 1, 1)}


def test_sys_exit_in_a_step_fails_the_step_only(run: Run) -> None:
    result = run(lambda ctx, config: sys.exit(3))
    assert result.status is WorkflowStatus.FAILED
    assert result.error == "step 's1' called sys.exit(3): raise an error instead"


@pytest.mark.parametrize(
    "change",
    [
        lambda ctx: ctx.params.update(x=1),
        lambda ctx: ctx.outputs["s1"]["rows"].append(2),
        lambda ctx: setattr(ctx, "run_id", "x"),
    ],
)
def test_a_handler_that_changes_the_context_fails(run: Run, change: Callable[[Any], Any]) -> None:
    result = run(lambda ctx, config: {"rows": [1]}, lambda ctx, config: change(ctx))
    assert (result.status, result.error_step) == (WorkflowStatus.FAILED, "s2")
    assert result.context.outputs == {"s1": {"rows": [1]}}


def test_a_failure_keeps_its_reason_when_its_output_cannot_be_kept(run: Run) -> None:
    result = run(lambda ctx, config: StepResult.fail("too few rows", "DATA_QUALITY", {"rate": float("nan")}))
    assert result.error_category == "DATA_QUALITY"
    assert result.error is not None
    assert result.error.startswith("too few rows (the output of step 's1'.rate is nan")


def test_later_steps_see_an_output_as_the_store_holds_it(run: Run) -> None:
    loud = {"when": datetime(2025, 1, 1, tzinfo=UTC), "price": Decimal("1.10"), "set": {2, 1}, 7: ("007", "NA")}
    seen: list[Any] = []
    result = run(lambda ctx, config: loud, lambda ctx, config: seen.append(ctx.get_output("s1")))
    expected = {"when": "2025-01-01T00:00:00+00:00", "price": "1.10", "set": [1, 2], "7": ["007", "NA"]}
    [step, _] = run_store().list_steps(result.run_id)
    assert seen == [expected]
    assert step.outputs == expected
    assert list(seen[0]) == list(step.outputs) == list(expected)


def _loop() -> dict[str, Any]:
    loop: dict[str, Any] = {}
    loop["self"] = loop
    return loop


def _deep() -> dict[str, Any]:
    deep: dict[str, Any] = {}
    for _ in range(50_000):
        deep = {"a": deep}
    return deep


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: {"rate": float("nan")}, "the output of step 's1'.rate is nan, which JSON cannot hold"),
        (lambda: {"raw": b"x"}, "the output of step 's1'.raw is a bytes"),
        (lambda: {"key": Secret("hunter2")}, "the output of step 's1'.key is a Secret"),
        (lambda: {"a": 1, 1: "x", "1": "y"}, "the output of step 's1' has two keys that JSON writes as '1'"),
        (lambda: {(1, 2): 3}, "the output of step 's1' has the key (1, 2)"),
        (_loop, "is nested more than 100 levels deep, or contains itself"),
        (_deep, "is nested more than 100 levels deep, or contains itself"),
        (lambda: {"n": 10**5000}, "the output of step 's1'.n is an integer of more than"),
    ],
    ids=["nan", "bytes", "secret", "colliding keys", "tuple key", "loop", "deep", "huge"],
)
def test_an_output_that_json_cannot_hold_fails_the_step_with_step_and_key(
    run: Run, make: Callable[[], dict[str, Any]], words: str
) -> None:
    result = run(lambda ctx, config: make())
    assert (result.status, result.error_category) == (WorkflowStatus.FAILED, "VALIDATION")
    assert result.error is not None
    assert words in result.error
    assert "hunter2" not in result.error


def test_an_output_of_five_megabytes_is_passed_on(run: Run) -> None:
    rows = [{"symbol": "NA", "shares": number} for number in range(150_000)]
    result = run(lambda ctx, config: {"rows": rows}, lambda ctx, config: {"n": len(ctx.get_output("s1", "rows"))})
    assert result.context.get_output("s2", "n") == 150_000


@pytest.mark.parametrize(
    ("output", "count"),
    [
        ({"record_count": 3}, 3),
        ({"record_count": "3"}, None),
        ({"record_count": True}, None),
        ({"record_count": -1}, None),
        ({"record_count": 2**63}, None),
        ({}, None),
    ],
)
def test_the_row_count_of_a_step_is_the_record_count_of_its_output(run: Run, output: Any, count: int | None) -> None:
    [step] = run_store().list_steps(run(lambda ctx, config: output).run_id)
    assert step.row_count == count


def test_quality_is_kept_with_the_step_and_gives_the_row_count(run: Run) -> None:
    quality = QualityMetrics(10, 9, custom_metrics={"price": Decimal("1.10"), "day": date(2025, 1, 1)})
    [step] = run_store().list_steps(run(lambda ctx, config: StepResult.ok(quality=quality)).run_id)
    assert (step.row_count, step.metrics["valid_rate"]) == (10, 0.9)
    assert step.metrics["custom_metrics"] == {"price": "1.10", "day": "2025-01-01"}


def test_the_notes_of_a_step_are_events_of_the_run(run: Run, recorder: Any) -> None:
    run(lambda ctx, config: StepResult.ok(events=[{"checked": 3}]))
    [note] = [event for event in recorder.events if event.event_type == "step.note"]
    assert note.payload == {"step": "s1", "attempt": 1, "note": {"checked": 3}}


def failing_times(times: int, error: Exception) -> Callable[[Any, Any], dict[str, Any]]:
    left = [error] * times

    def handler(ctx: Any, config: Any) -> dict[str, Any]:
        if left:
            raise left.pop()
        return {"done": True}

    return handler


def test_a_step_is_tried_again_after_a_pause_until_it_succeeds(run: Run, slept: list[float], recorder: Any) -> None:
    policy = RetryPolicy(max_attempts=4, initial_delay_seconds=8)
    step = Step.lambda_("a", failing_times(2, NetworkError("down")), retry_policy=policy)
    result = run(step)
    assert (result.status, result.context.get_output("a")) == (WorkflowStatus.COMPLETED, {"done": True})
    attempts = run_store().list_steps(result.run_id)
    assert [(step.attempt, step.max_attempts, step.status, step.error) for step in attempts] == [
        (1, 4, StepStatus.FAILED, "down"),
        (2, 4, StepStatus.FAILED, "down"),
        (3, 4, StepStatus.COMPLETED, None),
    ]
    assert len(slept) == 2
    assert 0 <= slept[0] <= 8
    assert 0 <= slept[1] <= 16
    retrying = [event.payload for event in recorder.events if event.event_type == "step.retrying"]
    assert [(payload["attempt"], payload["retry_in"]) for payload in retrying] == list(enumerate(slept, start=1))
    assert [execution.attempt for execution in result.step_executions] == [3]


def test_the_last_try_decides(run: Run, slept: list[float]) -> None:
    step = Step.lambda_("a", failing_times(9, NetworkError("down")), on_error=ErrorPolicy.RETRY)
    result = run(step)
    assert (result.status, result.error, len(slept)) == (WorkflowStatus.FAILED, "down", 2)


def test_what_the_other_side_asked_for_is_waited(run: Run, slept: list[float]) -> None:
    run(Step.lambda_("a", failing_times(1, RateLimitError(retry_after=120)), retry_policy=RetryPolicy()))
    assert slept == [120]


def test_an_error_that_stays_is_never_tried_again(run: Run, slept: list[float]) -> None:
    step = Step.lambda_("a", failing_times(1, ValueError("wrong")), on_error=ErrorPolicy.RETRY)
    assert run(step).status is WorkflowStatus.FAILED
    assert slept == []


def test_a_step_without_a_policy_is_tried_once(run: Run, slept: list[float]) -> None:
    assert run(failing_times(1, NetworkError("down"))).status is WorkflowStatus.FAILED
    assert slept == []


def test_tries_that_fail_for_good_may_make_the_run_partial(run: Run) -> None:
    step = Step.lambda_(
        "a", failing_times(9, NetworkError("x")), on_error=ErrorPolicy.CONTINUE, retry_policy=RetryPolicy()
    )
    assert run(step, print_nothing).status is WorkflowStatus.PARTIAL


def test_a_step_that_is_reached_again_counts_its_attempts_on(run: Run) -> None:
    turns = iter([True, True, False])
    result = run(
        lambda ctx, config: {"turn": ctx.get_output("s1", "turn", 0) + 1},
        Step.choice("again", lambda ctx: next(turns), "s1"),
    )
    attempts = run_store().list_steps(result.run_id)
    assert [(step.step_name, step.attempt, step.max_attempts) for step in attempts] == [
        ("s1", 1, 1),
        ("again", 1, 1),
        ("s1", 2, 2),
        ("again", 2, 2),
        ("s1", 3, 3),
        ("again", 3, 3),
    ]
    assert result.context.get_output("s1", "turn") == 3
    assert result.completed_steps == ["s1", "again"]


def test_start_from_runs_that_step_and_those_after_it() -> None:
    ran: list[str] = []
    names = ["a", "b", "c"]
    steps = [Step.lambda_(name, lambda ctx, config, name=name: ran.append(name)) for name in names]  # type: ignore[misc]
    result = WorkflowRunner().execute(Workflow("w", steps), start_from="b")
    assert (ran, result.completed_steps, result.skipped_steps) == (["b", "c"], ["b", "c"], ["a"])


def test_start_from_a_step_that_does_not_exist_is_an_error_with_the_closest_one(run: Run) -> None:
    workflow = Workflow("w", [Step.lambda_("validate", print)])
    with pytest.raises(WorkflowError, match=r"workflow 'w' has no step 'validte'; did you mean 'validate'\?"):
        WorkflowRunner().execute(workflow, start_from="validte")


def test_a_failed_run_is_taken_up_by_another_with_its_context() -> None:
    broken = [True]

    def second(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
        if broken:
            raise RuntimeError(broken.pop())
        return {"n": ctx.get_output("first", "n") + 1}

    workflow = Workflow("w", [Step.lambda_("first", lambda ctx, config: {"n": 1}), Step.lambda_("second", second)])
    failed = WorkflowRunner().execute(workflow, {"week": "1"})
    again = WorkflowRunner().execute(workflow, context=failed.context, start_from="second")
    assert again.context.outputs == {"first": {"n": 1}, "second": {"n": 2}}
    assert again.context.params == {"week": "1"}
    assert again.run_id != failed.run_id
    kept = run_store().get_run(failed.run_id)
    assert kept is not None
    assert kept.status is WorkflowStatus.FAILED


def test_a_context_of_ones_own_gives_run_id_params_and_partition() -> None:
    context = WorkflowContext.create("other", {"a": 1, "b": 1}, {"week": "1"}, "batch", "my-run")
    result = WorkflowRunner().execute(Workflow("w", [], defaults={"a": 0, "c": 0}), {"b": 2}, context=context)
    assert (result.run_id, result.context.workflow_name) == ("my-run", "w")
    assert (result.context.params, result.context.partition) == ({"a": 1, "b": 2, "c": 0}, {"week": "1"})
    assert result.context.execution["batch_id"] == "batch"


def test_unchanged_ends_the_run_completed_and_skips_the_later_steps(run: Run, recorder: Any) -> None:
    pipeline("p")(lambda params: PipelineResult.unchanged("the file is the same"))
    result = run(print_nothing, Step.pipeline("ingest", "p"), print_nothing)
    assert (result.status, result.outcome, result.error) == (WorkflowStatus.COMPLETED, "unchanged", None)
    assert (result.completed_steps, result.skipped_steps) == (["s1", "ingest"], ["s3"])
    assert result.context.get_output("ingest", "reason") == "the file is the same"
    [skipped] = [event for event in recorder.events if event.event_type == "step.skipped"]
    assert (skipped.payload["step"], skipped.payload["reason"]) == ("s3", "unchanged")
    kept = run_store().get_run(result.run_id)
    assert kept is not None
    assert (kept.outcome, kept.completed_steps, kept.skipped_steps) == ("unchanged", 2, 1)


def print_nothing(ctx: WorkflowContext, config: Any) -> None: ...


def test_unchanged_after_a_step_that_failed_is_partial(run: Run) -> None:
    pipeline("p")(lambda params: PipelineResult.unchanged("same"))
    failing = Step.lambda_("bad", lambda ctx, config: StepResult.fail("no"), on_error=ErrorPolicy.CONTINUE)
    result = run(failing, Step.pipeline("ingest", "p"))
    assert (result.status, result.outcome) == (WorkflowStatus.PARTIAL, "unchanged")


def test_what_a_step_leaves_behind_appears_with_its_completion_and_never_if_it_fails(run: Run) -> None:
    seen: list[int] = []

    def work(ctx: WorkflowContext, config: Any) -> None:
        capture(config["name"], [{"a": 1}])
        quarantine([Reject("otc", "blank", "x")])
        seen.append(len(list_captures()))
        if config["fail"]:
            raise RuntimeError("late")

    good = Step.lambda_("good", work, {"name": "kept", "fail": False})
    bad = Step.lambda_("bad", work, {"name": "lost", "fail": True})
    result = run(good, bad)
    assert seen == [0, 1]
    [kept] = list_captures()
    assert (kept.name, kept.run_id, kept.step, kept.attempt) == ("kept", result.run_id, "good", 1)
    assert [reject.run_id for reject in reject_store().list_rejects()] == [result.run_id]


def test_a_step_reads_what_an_earlier_one_captured_in_its_partition(run: Run) -> None:
    workflow = Workflow(
        "w",
        [
            Step.lambda_("a", lambda ctx, config: {"n": capture("rows", [{"week": ctx.get_param("week")}]).row_count}),
            Step.lambda_("b", lambda ctx, config: {"rows": read_capture("rows").data}),
        ],
        partition_by=["week"],
    )
    for week in ("1", "2"):
        result = WorkflowRunner().execute(workflow, {"week": week})
        assert result.context.get_output("b", "rows") == [{"week": week}]


def test_a_capture_of_a_retried_attempt_names_the_attempt(run: Run) -> None:
    left = [NetworkError("down")]

    def work(ctx: Any, config: Any) -> None:
        capture("x", [{"left": len(left)}])
        if left:
            raise left.pop()

    run(Step.lambda_("a", work, retry_policy=RetryPolicy()))
    assert [(kept.attempt, kept.revision) for kept in list_captures()] == [(2, 1)]


def test_a_step_knows_the_run_that_it_belongs_to() -> None:
    works: list[Any] = []
    workflow = Workflow(
        "w", [Step.lambda_("a", lambda ctx, config: works.append(current_work()))], domain="finra", version=3
    )
    result = WorkflowRunner(refresh=True).execute(workflow, partition={"week": "1"})
    [work] = works
    assert (work.run_id, work.workflow, work.workflow_version, work.step, work.attempt) == (
        result.run_id,
        "w",
        3,
        "a",
        1,
    )
    assert (work.domain, work.partition, work.refresh) == ("finra", {"week": "1"}, True)
    assert current_work() is None


class Panic(BaseException):
    """As a library in Rust raises it."""


def panic(*_given: Any) -> Any:
    raise Panic("index out of bounds")


@pytest.mark.parametrize(
    "step",
    [
        Step.lambda_("a", panic),
        Step.lambda_("a", panic, timeout=60),
        Step.lambda_("a", lambda ctx, config: None, when=panic),
        Step.pipeline("a", "panics"),
        Step.choice("a", panic, then_step="b"),
        Step.map("a", panic, function=panic),
        Step.map("a", "items", function=panic, executor="inline"),
        Step.map("a", "items", function=panic, executor="threads"),
        Step.map("a", "items", function=panic, executor="processes"),
        Step.map("a", "items", pipeline="panics"),
        Step.parallel("a", {"x": [Step.lambda_("y", panic)]}),
        Step.workflow("a", Workflow("below", [Step.lambda_("y", panic)])),
    ],
    ids=lambda step: step.kind,
)
def test_what_a_library_raises_fails_the_run_also_if_it_is_no_exception(run: Run, step: Step) -> None:
    pipeline("panics")(lambda params: panic())
    ran: list[str] = []
    hook = Step.lambda_("hook", lambda ctx, config: ran.append("hook"))
    workflow = Workflow("w", [step, Step.lambda_("b", lambda ctx, config: ran.append("b"))], on_failure=[hook])
    result = WorkflowRunner().execute(workflow, {"items": [1]})
    assert (result.status, result.error_category, ran) == (WorkflowStatus.FAILED, "INTERNAL", ["hook"])
    assert "index out of bounds" in str(result.error)


def test_an_interrupt_cancels_the_run_and_goes_on(run: Run, recorder: Any) -> None:
    def interrupted(ctx: WorkflowContext, config: Any) -> None:
        capture("lost", [{"a": 1}])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(print_nothing, interrupted, print_nothing)
    run_id = recorder.events[0].run_id
    kept = run_store().get_run(run_id)
    assert kept is not None
    assert kept.status is WorkflowStatus.CANCELLED
    assert kept.completed_at is not None
    steps = {step.step_name: step.status for step in run_store().list_steps(run_id)}
    assert steps == {"s1": StepStatus.COMPLETED, "s2": StepStatus.CANCELLED}
    assert list_captures() == []
    assert recorder.types[-1] == "run.cancelled"


def test_an_interrupt_during_the_pause_before_a_retry_cancels_the_run(recorder: Any) -> None:
    def sleep(seconds: float) -> None:
        raise KeyboardInterrupt

    step = Step.lambda_("a", failing_times(1, NetworkError("x")), retry_policy=RetryPolicy())
    with pytest.raises(KeyboardInterrupt):
        WorkflowRunner(sleep=sleep, listeners=[recorder]).execute(Workflow("w", [step]))
    kept = run_store().get_run(recorder.events[0].run_id)
    assert kept is not None
    assert kept.status is WorkflowStatus.CANCELLED


@pytest.mark.parametrize(
    ("event_type", "status", "steps"),
    [
        ("step.started", "cancelled", {"a": StepStatus.CANCELLED}),
        ("step.completed", "cancelled", {"a": StepStatus.COMPLETED, "b": StepStatus.CANCELLED}),
        ("run.completed", "completed", {"a": StepStatus.COMPLETED, "b": StepStatus.COMPLETED}),
    ],
)
def test_an_interrupt_after_a_commit_leaves_what_was_committed(
    event_type: str, status: str, steps: dict[str, StepStatus]
) -> None:
    ids: list[str] = []

    class Impatient:
        def on_event(self, event: Any) -> None:
            ids.append(event.run_id)
            if event.event_type == event_type:
                raise KeyboardInterrupt

    workflow = Workflow("w", [Step.lambda_("a", print_nothing), Step.lambda_("b", print_nothing)])
    with pytest.raises(KeyboardInterrupt):
        WorkflowRunner(listeners=[Impatient()]).execute(workflow)
    kept = run_store().get_run(ids[0])
    assert kept is not None
    assert kept.status.value == status
    assert {step.step_name: step.status for step in run_store().list_steps(ids[0])} == steps


def test_a_listener_that_raises_disturbs_neither_the_run_nor_other_listeners(
    recorder: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def on_event(self, event: Any) -> None:
            raise RuntimeError("printer on fire")

    workflow = Workflow("w", [Step.lambda_("a", print_nothing)])
    result = WorkflowRunner(listeners=[Broken(), recorder]).execute(workflow)
    assert result.status is WorkflowStatus.COMPLETED
    assert recorder.types[-1] == "run.completed"
    assert "listener Broken failed on run.completed" in caplog.text


def test_listeners_are_told_after_the_commit() -> None:
    known: list[bool] = []

    class Looking:
        def on_event(self, event: Any) -> None:
            known.append(event in run_store().list_events(event.run_id))

    WorkflowRunner(listeners=[Looking()]).execute(Workflow("w", [Step.lambda_("a", print_nothing)]))
    assert known == [True] * 4


def test_a_step_that_fails_to_be_committed_is_an_error_of_the_run() -> None:
    class FullDisk(MemoryRunStore):
        def commit(self, batch: Any) -> None:
            if batch.staged:
                raise OSError("disk full")
            super().commit(batch)

    workflow = Workflow("w", [Step.lambda_("a", lambda ctx, config: {"n": capture("x", [{"a": 1}]).row_count})])
    with pytest.raises(OSError, match="disk full"):
        WorkflowRunner(store=FullDisk()).execute(workflow)


def test_runs_in_many_threads_do_not_mix() -> None:
    barrier = threading.Barrier(8)

    def first(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
        barrier.wait()
        capture("rows", [{"n": ctx.get_param("n")}])
        return {"n": ctx.get_param("n")}

    def second(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
        barrier.wait()
        return {"read": read_capture("rows").data}

    workflow = Workflow("w", [Step.lambda_("a", first), Step.lambda_("b", second)], partition_by=["n"])
    runner = WorkflowRunner()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: runner.execute(workflow, {"n": n}), range(8)))
    assert [result.context.get_output("b", "read") for result in results] == [[{"n": n}] for n in range(8)]
    assert len({result.run_id for result in results}) == 8
    assert all(len(run_store().list_steps(result.run_id)) == 2 for result in results)


def test_run_ids_sort_in_the_order_of_their_runs(run: Run) -> None:
    ids = [run().run_id for _ in range(50)]
    assert ids == sorted(ids)


def test_the_dispatcher_that_a_runner_is_given_runs_its_pipelines() -> None:
    pipeline("p")(lambda params: {"got": params})
    dispatcher = Dispatcher()
    workflow = Workflow("w", [Step.pipeline("a", "p", {"b": 2})])
    result = WorkflowRunner(dispatcher).execute(workflow, {"a": 1, "b": 1})
    assert result.context.get_output("a") == {"got": {"a": 1, "b": 2}}
    [execution] = dispatcher.list_executions()
    assert execution.params == {"a": 1, "b": 2}


@pytest.mark.parametrize("wanted", [True, False])
def test_what_a_condition_captures_is_kept_whatever_it_answers(run: Run, wanted: bool) -> None:
    def when(ctx: WorkflowContext) -> bool:
        capture("seen", [{"a": 1}])
        return wanted

    result = run(Step.lambda_("a", print_nothing, when=when))
    assert result.error is None
    assert [(kept.name, kept.run_id, kept.step) for kept in list_captures()] == [("seen", result.run_id, "a")]


@pytest.mark.parametrize(
    "uses",
    [
        lambda fetched: list(fetched.data),
        lambda fetched: fetched.data or [],
        lambda fetched: capture("rows", fetched.table),
        lambda fetched: list(fetched.stream()),
        lambda fetched: fetched.raw_data or b"",
        lambda fetched: len(fetched),
    ],
)
def test_a_step_that_uses_the_data_of_a_failed_fetch_fails_with_the_error_of_the_fetch(
    run: Run, tmp_path: Path, uses: Callable[[Any], Any]
) -> None:
    source = FileSource(name="gone", path=str(tmp_path / "gone.csv"))

    def step(ctx: WorkflowContext, config: dict[str, Any]) -> dict[str, Any]:
        uses(source.fetch())
        return {"record_count": 0}

    result = run(step)
    assert re.fullmatch(".*gone.csv does not exist", str(result.error))
    assert result.error_category == "SOURCE"


def _circle(*names: str) -> None:
    for name, following in zip(names, (*names[1:], names[0]), strict=True):
        workflow_registry.register(Workflow(name, [Step.workflow("below", following)]))


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_workflow_that_runs_itself_fails_after_twenty_levels(dry_run: bool) -> None:
    _circle("a", "b")
    result = WorkflowRunner(dry_run=dry_run).execute(workflow_registry.get("a"))
    assert result.status is WorkflowStatus.FAILED
    assert "workflow 'b' would run 21 levels below the first run, at most 20 are possible" in str(result.error)


def test_a_check_finds_a_workflow_that_runs_itself_without_a_condition() -> None:
    _circle("a", "b")
    assert problems(workflow_registry.get("a")) == ["it runs itself without a condition: a -> b -> a"]
    choice = Step.choice("more", lambda context: False, then_step="again", else_step="done")
    steps = [choice, Step.workflow("again", "c"), Step.lambda_("done", print_nothing)]
    workflow_registry.register(Workflow("c", steps))
    assert problems(workflow_registry.get("c")) == []
