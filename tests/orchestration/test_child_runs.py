"""Child runs: the retries of their parent's step, and a forced resumption."""

from __future__ import annotations

from typing import Any

import pytest

from spine.core.errors import DatabaseConnectionError
from spine.orchestration import RetryPolicy, Step, Workflow, WorkflowContext, WorkflowRunner, WorkflowStatus
from spine.orchestration.run_store import RunStore

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
