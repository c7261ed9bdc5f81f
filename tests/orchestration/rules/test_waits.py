"""The rules of wait steps; the docstrings are the table of docs/workflows.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from spine.core.errors import ValidationError
from spine.orchestration import Step, Workflow, WorkflowRunner, WorkflowStatus
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.orchestration.run_store import run_store
from spine.testing import FixedClock
from tests.clocks import moving


def asleep(clock: FixedClock) -> Callable[[], bool]:
    """Whether a run waits, beside its heartbeat."""
    return lambda: clock.waiting == 2


def test_duration(run: Any, fixed_clock: FixedClock) -> None:
    """A wait of `duration_seconds` counts from when the run came to it."""
    with moving(fixed_clock, 59, 1, when=asleep(fixed_clock)):
        result = run(lambda ctx, config: fixed_clock.advance(30) and None, Step.wait("pause", 60))
    assert result.status is WorkflowStatus.COMPLETED
    assert result.context.get_output("pause", "waited_seconds") == 60
    assert fixed_clock.monotonic() == 90


def test_until_a_time(run: Any, fixed_clock: FixedClock) -> None:
    """`until` is an aware time or its ISO 8601 text; one that has passed is no wait."""
    moment = fixed_clock.now() + timedelta(seconds=60)
    with moving(fixed_clock, 59, 1, when=asleep(fixed_clock)):
        assert run(Step.wait("pause", until=moment)).status is WorkflowStatus.COMPLETED
    assert run(Step.wait("pause", until="2020-01-01T00:00:00+00:00")).status is WorkflowStatus.COMPLETED


def asked_again(clock: FixedClock, asked_at: list[float]) -> Callable[[], bool]:
    """Whether a run waits after it has asked at this time."""
    return lambda: clock.waiting == 2 and asked_at[-1:] == [clock.monotonic()]


def test_until_a_condition(run: Any, fixed_clock: FixedClock) -> None:
    """`until` may be a function of the context, asked every `poll_seconds` until it is true."""
    asked_at: list[float] = []

    def ask(ctx: Any) -> bool:
        asked_at.append(fixed_clock.monotonic())
        return len(asked_at) == 3

    with moving(fixed_clock, 10, 10, when=asked_again(fixed_clock, asked_at)):
        result = run(Step.wait("pause", until=ask, poll_seconds=10))
    assert (result.status, asked_at) == (WorkflowStatus.COMPLETED, [0, 10, 20])


def test_until_a_time_that_is_found(run: Any, fixed_clock: FixedClock) -> None:
    """The function may return the time to wait for instead; it is then not asked again."""
    asked = []
    moment = fixed_clock.now() + timedelta(seconds=60)
    with moving(fixed_clock, 59, 1, when=asleep(fixed_clock)):
        result = run(Step.wait("pause", until=lambda ctx: asked.append(1) or moment))
    assert (result.status, len(asked)) == (WorkflowStatus.COMPLETED, 1)


def test_clock(fixed_clock: FixedClock) -> None:
    """Waits run on the database's clock, whatever that of the machine says."""

    class AnHourAhead(MemoryRunStore):
        def now(self) -> datetime:
            return super().now() + timedelta(hours=1)

    store = AnHourAhead()
    workflow = Workflow("w", [Step.wait("pause", 60)])
    parked = WorkflowRunner(store=store, park_waits=True).execute(workflow)
    assert parked.wake_at is not None
    assert parked.wake_at - store.now() == timedelta(seconds=60)
    with moving(fixed_clock, 59, 1, when=asleep(fixed_clock)):
        assert WorkflowRunner(store=store).resume(parked.run_id, workflow).status is WorkflowStatus.COMPLETED


def test_timeout(run: Any, fixed_clock: FixedClock) -> None:
    """After `timeout` seconds of waiting the step fails with a TimeoutError."""
    asked_at: list[float] = []

    def ask(ctx: Any) -> bool:
        asked_at.append(fixed_clock.monotonic())
        return False

    with moving(fixed_clock, 10, 10, 10, when=asked_again(fixed_clock, asked_at)):
        result = run(Step.wait("pause", until=ask, poll_seconds=10, timeout=25))
    assert (result.status, result.error_category) == (WorkflowStatus.FAILED, "NETWORK")
    assert "reached its timeout" in str(result.error)


def test_parked(fixed_clock: FixedClock) -> None:
    """Where a process need not wait (a scheduler, `spine runs wake`), the run is WAITING and holds no process."""
    workflow = Workflow("w", [Step.wait("pause", 60), Step.lambda_("after", lambda ctx, config: {"n": 1})])
    runner = WorkflowRunner(park_waits=True)
    waiting = runner.execute(workflow)
    assert waiting.status is WorkflowStatus.WAITING
    kept = run_store().get_run(waiting.run_id)
    assert kept is not None
    assert (kept.lease_owner, kept.wake_at is not None) == (None, True)
    assert runner.resume(waiting.run_id, workflow).status is WorkflowStatus.WAITING
    done = runner.resume(waiting.run_id, workflow, end_wait=True)
    assert (done.status, done.context.get_output("after", "n")) == (WorkflowStatus.COMPLETED, 1)
    assert [event.event_type for event in run_store().list_events(done.run_id)].count("step.started") == 2


def test_parked_below(fixed_clock: FixedClock) -> None:
    """A run whose branch, sub-workflow or item waits is WAITING itself, until the first of them wakes."""
    below = Workflow("below", [Step.wait("pause", 30)])
    workflow = Workflow("w", [Step.workflow("sub", below), Step.parallel("both", {"x": [Step.wait("pause", 60)]})])
    runner = WorkflowRunner(park_waits=True)
    waiting = runner.execute(workflow)
    assert waiting.status is WorkflowStatus.WAITING
    assert waiting.wake_at == fixed_clock.now() + timedelta(seconds=30)
    fixed_clock.advance(30)
    later = runner.resume(waiting.run_id, workflow)
    assert later.status is WorkflowStatus.WAITING
    assert later.completed_steps == ["sub"]


def test_refused() -> None:
    """A wait for nothing, for two things, or until a time without a zone is refused."""
    with pytest.raises(ValidationError, match="needs either duration_seconds or until"):
        Step.wait("pause")
    with pytest.raises(ValidationError, match="needs either"):
        Step.wait("pause", 1, until="2026-12-01T06:00:00+00:00")
    with pytest.raises(ValidationError, match="has no time zone"):
        Step.wait("pause", until="2026-12-01T06:00:00")
