"""The seed's fourth section, as written, with the pipelines that it names registered around it."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from spine.framework.pipelines import pipeline
from spine.orchestration import Workflow, WorkflowRunner, WorkflowStatus

SNIPPET = Path(__file__).parent / "seed" / "orchestration.py"


def build(records: int) -> tuple[Workflow, list[str]]:
    """Run the snippet and return its workflow, and the list that its pipelines note their names in."""
    ran: list[str] = []

    @pipeline("finra.otc.ingest_week")
    def ingest_week(params: dict[str, Any]) -> dict[str, Any]:
        ran.append("ingest_week")
        return {"record_count": records}

    @pipeline("finra.otc.normalize")
    def normalize(params: dict[str, Any]) -> None:
        ran.append("normalize")

    with pytest.warns(UserWarning, match="step 'route' goes to 'reject', which is not one of its steps"):
        names = runpy.run_path(str(SNIPPET))
    return names["workflow"], ran


def test_enough_records_are_processed_although_the_other_branch_does_not_exist() -> None:
    workflow, ran = build(5_328)
    result = WorkflowRunner().execute(workflow)
    assert (result.status, result.error) == (WorkflowStatus.COMPLETED, None)
    assert ran == ["ingest_week", "normalize"]
    assert result.context.get_output("validate") == {"validated": True}


def test_too_few_records_fail_the_run() -> None:
    workflow, ran = build(99)
    result = WorkflowRunner().execute(workflow)
    assert (result.status, result.error_step, result.error) == (WorkflowStatus.FAILED, "validate", "Too few records")
    assert ran == ["ingest_week"]


def test_the_branch_that_does_not_exist_fails_the_run_by_name_when_it_is_taken() -> None:
    workflow, ran = build(0)
    result = WorkflowRunner().execute(workflow, start_from="route")
    assert (result.status, result.error_step) == (WorkflowStatus.FAILED, "route")
    assert result.error == ("step 'route' goes to 'reject', which is not a step of workflow 'finra.weekly_refresh'")
    assert ran == []
