"""Workflows as users write them; `mypy --strict` accepts this file, and running it passes its assertions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_type

from spine.framework.captures import read_capture
from spine.orchestration import (
    END,
    Daily,
    ErrorCategory,
    ErrorPolicy,
    Monthly,
    Partitions,
    QualityMetrics,
    RetryPolicy,
    Static,
    Step,
    StepExecution,
    StepResult,
    StepStatus,
    Weekly,
    Workflow,
    WorkflowContext,
    WorkflowResult,
    WorkflowRunner,
    WorkflowStatus,
    workflow_registry,
)


def validate(ctx: WorkflowContext, config: dict[str, Any]) -> StepResult:
    quality = QualityMetrics(record_count=10, valid_count=9)
    if ctx.get_output("ingest", "record_count", 0) < config["minimum"]:
        return StepResult.fail("too few records", category="DATA_QUALITY", quality=quality)
    return StepResult.ok(validated=True, quality=quality, context_updates={"checked": True})


def ingest(ctx: WorkflowContext, config: Mapping[str, Any]) -> dict[str, Any]:
    return {"record_count": 10, "week": ctx.get_param("week")}


def notify(ctx: WorkflowContext, config: Any) -> None:
    assert_type(ctx.is_dry_run, bool)
    assert_type(ctx.has_output("ingest"), bool)


def unavailable(ctx: WorkflowContext, config: Any) -> StepResult:
    try:
        read_capture("finra.raw")
    except LookupError as error:
        return StepResult.fail(error, ErrorCategory.SOURCE)
    except Exception as error:
        return StepResult.fail(error)
    return StepResult.skip("nothing to do")


def is_valid(ctx: WorkflowContext) -> bool:
    return bool(ctx.get_output("validate", "validated"))


def newest(params: dict[str, Any]) -> dict[str, Any]:
    return {**params, "week": "20251215"}


workflow = workflow_registry.register(
    Workflow(
        name="finra.weekly",
        steps=[
            Step.lambda_("ingest", ingest, retry_policy=RetryPolicy(max_attempts=5)),
            Step.lambda_("validate", validate, config={"minimum": 1}),
            Step.choice("route", condition=is_valid, then_step="notify", else_step="failed"),
            Step.lambda_("notify", notify, next_step=END),
            Step.lambda_("failed", unavailable, on_error=ErrorPolicy.CONTINUE),
            Step.choice("again", lambda ctx: ctx.get_param("again"), "ingest"),
            Step.pipeline("process", "finra.process", {"limit": 10}),
        ],
        domain="finra",
        defaults={"week": "latest"},
        tags=["weekly"],
        partition_by=["week"],
        resolve_params=newest,
    )
)
assert_type(workflow, Workflow)
assert_type(workflow.step_names(), list[str])
assert_type(workflow.get_step("route"), Step | None)

result = WorkflowRunner().execute(workflow, {"limit": 1}, partition={"week": "20251215"})
assert_type(result, WorkflowResult)
assert_type(result.status, WorkflowStatus)
assert_type(result.error, str | None)
assert_type(result.completed_steps, list[str])
assert_type(result.step_executions, list[StepExecution])
assert_type(result.duration_seconds, float | None)
assert_type(result.context.with_params({"a": 1}), WorkflowContext)
assert result.status is WorkflowStatus.COMPLETED
assert [execution.status for execution in result.step_executions[:2]] == [StepStatus.COMPLETED] * 2
assert Workflow.from_dict({"name": "w", "steps": []}).required_tier() == "basic"
WorkflowRunner(dry_run=True).execute(workflow, context=WorkflowContext.create("w", {"week": "1"}), start_from="notify")


def misused(ctx: WorkflowContext) -> None:
    ctx.run_id = "x"  # type: ignore[misc]  # a context does not change
    Step.lambda_("wrong", lambda ctx, config: 5)  # type: ignore[arg-type, return-value]  # nonsense is found


days: Partitions = Daily("day", format="%Y%m%d", start="2026-01-05") * Static("market", ["NYSE", "AMEX"])
daily = Workflow("daily", [Step.lambda_("notify", notify)], partitions=days)
weekly = Workflow("weekly", [Step.lambda_("notify", notify)], partitions=Weekly("week", weekday=6))
monthly = Workflow("monthly", [Step.lambda_("notify", notify)], partitions=Monthly("month"))
assert_type(next(days.keys(until="20260106")), dict[str, str])
