"""Workflows for tests of dry runs, and the actions that a dry run shows."""

from __future__ import annotations

from typing import Any

import pytest

from spine.orchestration import Step, Workflow, WorkflowContext, WorkflowResult, WorkflowRunner


def dry(workflow: Workflow, params: dict[str, Any] | None = None) -> WorkflowResult:
    return WorkflowRunner(dry_run=True).execute(workflow, params)


def actions(result: WorkflowResult) -> dict[str, str]:
    return {step.step: step.action for step in result.plan}


def never(context: WorkflowContext, config: Any = None) -> Any:
    pytest.fail("a dry run called it")


def two_days(context: WorkflowContext, config: Any) -> dict[str, Any]:
    return {"days": ["mon", "tue"], "dry": context.is_dry_run}


def has_days(context: WorkflowContext) -> bool:
    return bool(context.get_output("load", "days", []))


def branching(*before: Step, condition: Any = has_days) -> Workflow:
    after = [Step.lambda_("yes", never, next_step="end"), Step.lambda_("no", never), Step.lambda_("end", never)]
    return Workflow("w", [*before, Step.choice("which", condition, "yes", "no"), *after])
