"""The rules of retries; the docstrings are the table of docs/workflows.md."""

from __future__ import annotations

from typing import Any

from spine.core.errors import NetworkError, RateLimitError, ValidationError
from spine.orchestration import ErrorPolicy, RetryPolicy, Step, StepResult, Workflow, WorkflowRunner, WorkflowStatus
from spine.testing import FixedClock

POLICY = RetryPolicy(max_attempts=3, initial_delay_seconds=8, max_delay_seconds=10)


def failing(*errors: Exception) -> Any:
    left = list(errors)

    def handler(ctx: Any, config: Any) -> None:
        if left:
            raise left.pop(0)

    return handler


def test_retryable(run: Any, slept: list[float]) -> None:
    """A retryable error is tried again, up to `max_attempts` in all."""
    assert run(Step.lambda_("a", failing(*[NetworkError("x")] * 2), retry_policy=POLICY)).status.name == "COMPLETED"
    assert len(slept) == 2
    assert run(Step.lambda_("a", failing(*[NetworkError("x")] * 3), retry_policy=POLICY)).status.name == "FAILED"


def test_permanent(run: Any, slept: list[float]) -> None:
    """An error that is not retryable fails the step at once, whatever the policy."""
    assert run(Step.lambda_("a", failing(ValidationError("x")), retry_policy=POLICY)).status.name == "FAILED"
    assert slept == []


def test_flag_of_the_error(run: Any, slept: list[float]) -> None:
    """The error's own `retryable=` wins over its class."""
    error = ValidationError("x")
    error.retryable = True
    assert run(Step.lambda_("a", failing(error), retry_policy=POLICY)).status.name == "COMPLETED"
    assert run(Step.lambda_("a", failing(NetworkError("x", retryable=False)), retry_policy=POLICY)).error == "x"


def test_full_jitter(run: Any, slept: list[float]) -> None:
    """The pause is random between 0 and `initial_delay_seconds` times `backoff_multiplier` for each further attempt, at
    most `max_delay_seconds`."""
    run(Step.lambda_("a", failing(*[NetworkError("x")] * 2), retry_policy=POLICY))
    assert 0 <= slept[0] <= 8
    assert 0 <= slept[1] <= 10


def test_retry_after(run: Any, slept: list[float]) -> None:
    """The pause is never shorter than the error's `retry_after`, which counts up to an hour."""
    run(Step.lambda_("a", failing(RateLimitError(retry_after=120)), retry_policy=POLICY))
    assert slept == [120]


def test_without_a_policy(run: Any, slept: list[float]) -> None:
    """Without a policy a step has one attempt; `on_error=RETRY` gives it three."""
    assert run(Step.lambda_("a", failing(NetworkError("x")))).status.name == "FAILED"
    assert run(Step.lambda_("a", failing(NetworkError("x")), on_error=ErrorPolicy.RETRY)).status.name == "COMPLETED"


def test_a_result_that_failed(run: Any, slept: list[float]) -> None:
    """A StepResult that failed with a text is tried again only if its category is NETWORK."""
    results = [StepResult.fail("x", "NETWORK"), StepResult.ok()]
    assert run(Step.lambda_("a", lambda c, g: results.pop(0), retry_policy=POLICY)).status.name == "COMPLETED"
    assert (
        run(Step.lambda_("a", lambda c, g: StepResult.fail("x", "DATA"), retry_policy=POLICY)).status.name == "FAILED"
    )


def test_a_long_pause_holds_no_process(fixed_clock: FixedClock) -> None:
    """Where a process need not wait (a scheduler, `spine runs recover`), a run that pauses for more than 10 seconds is
    WAITING and holds no process."""
    errors, ran = [NetworkError("x", retry_after=60), NetworkError("x", retry_after=10**18)], []

    def limited(ctx: Any, config: Any) -> None:
        ran.append(fixed_clock.now())
        if errors:
            raise errors.pop(0)

    workflow = Workflow("w", [Step.lambda_("a", limited, retry_policy=RetryPolicy(max_attempts=3, jitter=False))])
    result = WorkflowRunner(park_waits=True).execute(workflow)
    waits = []
    while result.wake_at is not None:
        assert result.status is WorkflowStatus.WAITING
        waits.append((result.wake_at - fixed_clock.now()).total_seconds())
        fixed_clock.set(result.wake_at)
        result = WorkflowRunner(park_waits=True).resume(result.run_id, workflow)
    assert (result.status, waits, len(ran)) == (WorkflowStatus.COMPLETED, [60, 3600], 3)


def test_and_then_continue(run: Any, slept: list[float]) -> None:
    """When the attempts are used up, `on_error` decides: CONTINUE goes on, and the run ends PARTIAL."""
    step = Step.lambda_("a", failing(*[NetworkError("x")] * 9), on_error=ErrorPolicy.CONTINUE, retry_policy=POLICY)
    assert run(step, lambda ctx, config: None).status is WorkflowStatus.PARTIAL
