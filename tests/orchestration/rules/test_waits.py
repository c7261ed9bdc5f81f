"""The rules of wait steps; the docstrings are the table of docs/workflows.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spine.core.errors import ValidationError
from spine.orchestration import Step, Workflow, WorkflowRunner, WorkflowStatus
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.orchestration.run_store import run_store


def soon(seconds: float = 0.05) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_duration(run: Any) -> None:
    """A wait of `duration_seconds` counts from when the run came to it."""
    result = run(Step.wait("pause", 0.05))
    assert result.status is WorkflowStatus.COMPLETED
    assert result.context.get_output("pause", "waited_seconds") >= 0.05


def test_until_a_time(run: Any) -> None:
    """`until` is an aware time or its ISO 8601 text; one that has passed is no wait."""
    moment = soon()
    assert run(Step.wait("pause", until=moment)).status is WorkflowStatus.COMPLETED
    assert datetime.now(UTC) >= moment
    assert run(Step.wait("pause", until="2020-01-01T00:00:00+00:00")).status is WorkflowStatus.COMPLETED


def test_until_a_condition(run: Any) -> None:
    """`until` may be a function of the context, asked every `poll_seconds` until it is true."""
    answers = [False, False, True]
    result = run(Step.wait("pause", until=lambda ctx: answers.pop(0), poll_seconds=0.01))
    assert (result.status, answers) == (WorkflowStatus.COMPLETED, [])


def test_until_a_time_that_is_found(run: Any) -> None:
    """The function may return the time to wait for instead; it is then not asked again."""
    asked = []
    result = run(Step.wait("pause", until=lambda ctx: asked.append(1) or soon(0.02)))
    assert (result.status, len(asked)) == (WorkflowStatus.COMPLETED, 1)


def test_clock() -> None:
    """Waits run on the database's clock, whatever that of the machine says."""

    class AnHourAhead(MemoryRunStore):
        def now(self) -> datetime:
            return super().now() + timedelta(hours=1)

    store = AnHourAhead()
    workflow = Workflow("w", [Step.wait("pause", 0.3)])
    parked = WorkflowRunner(store=store, park_waits=True).execute(workflow)
    assert parked.wake_at is not None
    assert timedelta(0) < parked.wake_at - store.now() < timedelta(seconds=0.3)
    assert WorkflowRunner(store=store).resume(parked.run_id, workflow).status is WorkflowStatus.COMPLETED


def test_timeout(run: Any) -> None:
    """After `timeout` seconds of waiting the step fails with a TimeoutError."""
    result = run(Step.wait("pause", until=lambda ctx: False, poll_seconds=0.01, timeout=0.05))
    assert (result.status, result.error_category) == (WorkflowStatus.FAILED, "NETWORK")
    assert "its timeout, for what did not come" in str(result.error)


def test_parked() -> None:
    """Where a process need not wait (a scheduler, `spine runs wake`), the run is WAITING and holds no process."""
    workflow = Workflow("w", [Step.wait("pause", 0.05), Step.lambda_("after", lambda ctx, config: {"n": 1})])
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


def test_parked_below() -> None:
    """A run whose branch, sub-workflow or item waits is WAITING itself, until the first of them wakes."""
    below = Workflow("below", [Step.wait("pause", 0.05)])
    workflow = Workflow("w", [Step.workflow("sub", below), Step.parallel("both", {"x": [Step.wait("pause", 60)]})])
    runner = WorkflowRunner(park_waits=True)
    waiting = runner.execute(workflow)
    assert waiting.status is WorkflowStatus.WAITING
    assert waiting.wake_at is not None
    while datetime.now(UTC) < waiting.wake_at:
        pass
    later = runner.resume(waiting.run_id, workflow)
    assert later.status is WorkflowStatus.WAITING
    assert later.completed_steps == ["sub"]


def test_dry_run(run: Any) -> None:
    """A dry run does not wait."""
    assert run(Step.wait("pause", 3600), dry_run=True).status is WorkflowStatus.COMPLETED


def test_refused() -> None:
    """A wait for nothing, for two things, or until a time without a zone is refused."""
    with pytest.raises(ValidationError, match="needs either duration_seconds or until"):
        Step.wait("pause")
    with pytest.raises(ValidationError, match="needs either"):
        Step.wait("pause", 1, until=soon())
    with pytest.raises(ValidationError, match="has no time zone"):
        Step.wait("pause", until="2026-12-01T06:00:00")
