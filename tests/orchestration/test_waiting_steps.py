"""Steps that return StepResult.wait: what they staged, and their timeout."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spine.core.errors import NetworkError
from spine.framework.captures import list_captures
from spine.orchestration import RetryPolicy, Step, Workflow, WorkflowResult, WorkflowRunner, WorkflowStatus
from spine.testing.clock import FixedClock

PLUGIN = """
from spine.plugins import StepTypeSpec, hookimpl


@hookimpl
def spine_register_step_types():
    return [StepTypeSpec("poll", "spine_poll.step:Poll", help="Waits an hour for each look.")]
"""

STEP = """
from datetime import timedelta

from spine.framework.captures import capture
from spine.orchestration import StepResult


class Poll:
    def execute(self, step, context, services):
        looks = (services.attempt.wait_state or {"looks": 0})["looks"]
        capture(f"look{looks}", [{"n": looks}])
        if looks == 2:
            return StepResult.ok(looks=looks)
        return StepResult.wait(services.clock.now() + timedelta(hours=1), {"looks": looks + 1})
"""


@pytest.fixture
def clock(fixed_clock: FixedClock, installed_plugin: Any, scratch_project: Any) -> FixedClock:
    installed_plugin("poll", PLUGIN, modules={"step.py": STEP})
    scratch_project()
    importlib.invalidate_caches()
    return fixed_clock


def run(step: Step, clock: FixedClock) -> tuple[WorkflowResult, list[list[str]]]:
    """Run the step to its end, waking it when its time has come; return the captures that were there at each wait."""
    workflow, seen = Workflow("w", [step]), []
    result = WorkflowRunner(park_waits=True).execute(workflow)
    while result.wake_at is not None:
        seen.append([found.name for found in list_captures()])
        clock.set(result.wake_at)
        result = WorkflowRunner(park_waits=True).resume(result.run_id, workflow)
    return result, seen


def test_what_a_step_staged_is_committed_with_its_wait(clock: FixedClock) -> None:
    result, seen = run(Step.of("poll", name="a"), clock)
    assert result.error is None
    assert seen == [["look0"], ["look0", "look1"]]
    assert [found.name for found in list_captures()] == ["look0", "look1", "look2"]


@pytest.mark.slow
def test_a_timeout_counts_across_waits_and_the_child_process_gets_the_state_of_the_wait(clock: FixedClock) -> None:
    begun = clock.now()
    result, _ = run(Step.of("poll", name="a", timeout=90 * 60), clock)
    assert result.error == "step 'a' took longer than its timeout of 5400 s and was stopped"
    assert clock.now() - begun == timedelta(minutes=90)


@pytest.mark.slow
def test_a_step_with_a_timeout_that_waits_ends_well_within_it(clock: FixedClock) -> None:
    clock.set(datetime.now(UTC))  # the child process has the machine's
    result, _ = run(Step.of("poll", name="a", timeout=3 * 3600), clock)
    assert (result.error, result.context.get_output("a", "looks")) == (None, 2)


def test_a_paused_step_has_the_attempts_of_its_policy(fixed_clock: FixedClock) -> None:
    def always(ctx: Any, config: Any) -> None:
        raise NetworkError("x", retry_after=60)

    workflow = Workflow("w", [Step.lambda_("a", always, retry_policy=RetryPolicy(max_attempts=3, jitter=False))])
    result, waits = WorkflowRunner(park_waits=True).execute(workflow), 0
    while result.wake_at is not None:
        waits += 1
        fixed_clock.set(result.wake_at)
        result = WorkflowRunner(park_waits=True).resume(result.run_id, workflow)
    assert (result.status, waits) == (WorkflowStatus.FAILED, 2)
