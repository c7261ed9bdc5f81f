"""Result of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from spine.orchestration import (
    StepExecution,
    StepResult,
    StepStatus,
    WorkflowContext,
    WorkflowResult,
    WorkflowStatus,
)

NOW = datetime(2025, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1.5)

EXECUTIONS = [
    StepExecution("a", "lambda", StepStatus.COMPLETED, 2, NOW, LATER, {"n": 1}),
    StepExecution("b", "pipeline", StepStatus.FAILED, 1, NOW, LATER, error="no", error_category="SOURCE"),
    StepExecution("c", "choice", StepStatus.SKIPPED, 0),
]
RESULT = WorkflowResult(
    "w", "r1", WorkflowStatus.FAILED, WorkflowContext("r1", "w", {"week": "1"}), NOW, LATER, EXECUTIONS, "b", "no"
)


def test_a_result_answers_by_the_names_of_its_steps() -> None:
    assert (RESULT.completed_steps, RESULT.failed_steps, RESULT.skipped_steps) == (["a"], ["b"], ["c"])
    assert (RESULT.total_steps, RESULT.duration_seconds) == (3, 1.5)


def test_a_result_that_has_not_ended_has_no_duration() -> None:
    result = WorkflowResult("w", "r1", WorkflowStatus.RUNNING, WorkflowContext("r1"), NOW)
    assert (result.duration_seconds, result.step_executions, result.total_steps) == (None, [], 0)
    assert (result.error_step, result.error, result.completed_at) == (None, None, None)
    assert StepExecution("c", "choice", StepStatus.SKIPPED).duration_seconds is None


def test_the_dict_of_a_result_is_json_with_status_names_in_upper_case() -> None:
    found = json.loads(json.dumps(RESULT.to_dict()))
    assert (found["status"], found["run_id"], found["params"]) == ("FAILED", "r1", {"week": "1"})
    assert (found["completed_steps"], found["failed_steps"], found["total_steps"]) == (["a"], ["b"], 3)
    assert (found["started_at"], found["duration_seconds"]) == ("2025-01-01T00:00:00+00:00", 1.5)
    assert found["steps"][0] == {
        "step_name": "a",
        "step_type": "lambda",
        "status": "COMPLETED",
        "attempt": 2,
        "started_at": "2025-01-01T00:00:00+00:00",
        "completed_at": "2025-01-01T00:00:01.500000+00:00",
        "duration_seconds": 1.5,
        "output": {"n": 1},
        "error": None,
        "error_category": None,
    }


def test_the_result_of_a_real_run_becomes_json(run: Callable[..., WorkflowResult]) -> None:
    def handler(ctx: Any, config: Any) -> StepResult:
        return StepResult.ok(day=NOW, nested={"list": [1]})

    found = json.loads(json.dumps(run(handler, params={"list": [1]}).to_dict()))
    assert found["steps"][0]["output"] == {"day": "2025-01-01T00:00:00+00:00", "nested": {"list": [1]}}
    assert found["params"] == {"list": [1]}


def test_status_values_are_lower_case_names() -> None:
    assert [status.value for status in WorkflowStatus] == [status.name.lower() for status in WorkflowStatus]
    assert [status.value for status in StepStatus] == [status.name.lower() for status in StepStatus]
    assert {"RUNNING", "COMPLETED", "FAILED", "PARTIAL"} <= set(WorkflowStatus.__members__)
