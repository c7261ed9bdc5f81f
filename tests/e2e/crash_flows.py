"""The workflow of the crash sweep: every type of step, captures in most of them, and a side file of what ran."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from spine.core.errors import NetworkError
from spine.framework.captures import capture, read_capture
from spine.framework.pipelines import pipeline
from spine.framework.work import current_work
from spine.orchestration import RetryPolicy, Step, Workflow, WorkflowContext, workflow_registry

ROWS = [{"id": f"{number:03}", "amount": number * 7 % 11} for number in range(50)]


def ran(name: str) -> None:
    """Note in the side file that the code of a step, or of an item, ran."""
    descriptor = os.open(Path(__file__).with_name("ran.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, f"{name}\n".encode())
    os.close(descriptor)


def fetch(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    ran("fetch")
    return {"rows": capture("raw", ROWS).row_count, "parts": list(range(8))}


def check(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    ran("check")
    return {"valid": ctx.get_output("fetch", "rows") == 50}


def is_wide(ctx: WorkflowContext) -> bool:
    ran("route")
    return bool(ctx.get_output("check", "valid"))


def wide(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    ran("wide")
    rows = read_capture("raw").data
    return {"rows": capture("wide", [{**row, "double": row["amount"] * 2} for row in rows]).row_count}


def narrow(ctx: WorkflowContext, config: Any) -> None:
    ran("narrow")


def part(ctx: WorkflowContext, item: int) -> int:
    ran(f"each[{item}]")
    rows = [row for row in ROWS if row["amount"] % 8 == item]
    return capture("part", rows or [{"id": "none", "amount": item}], partition={"part": item}).row_count


def one(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    work = current_work()
    ran(f"{work.workflow}/{work.step}" if work else "?")
    return {"sum": sum(row["amount"] for row in ROWS)}


@pipeline("crash.normalize")
def normalize(params: dict[str, Any]) -> Any:
    ran("normalize")
    return [{"id": row["id"], "amount": str(row["amount"])} for row in ROWS]


def flaky(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    work = current_work()
    ran("flaky")
    if work is not None and work.attempt == 1:
        raise NetworkError("the first try always fails")
    return {"done": True}


def report(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    ran("report")
    total = sum(ctx.get_output("each", "results"))
    capture("report", [{"parts": total, "sum": ctx.get_output("below", "first")["sum"]}])
    return {"total": total}


BELOW = Workflow("crash.below", [Step.lambda_("first", one), Step.lambda_("second", one)])

WORKFLOW = workflow_registry.register(
    Workflow(
        "crash.all",
        [
            Step.lambda_("fetch", fetch),
            Step.lambda_("check", check),
            Step.choice("route", is_wide, "wide", "narrow"),
            Step.lambda_("wide", wide),
            Step.lambda_("narrow", narrow),
            Step.map("each", "fetch.parts", function=part, max_concurrency=2),
            Step.workflow("below", BELOW),
            Step.parallel("both", {"left": [Step.lambda_("l", one)], "right": [Step.lambda_("r", one)]}),
            Step.pipeline("normalize", "crash.normalize"),
            Step.wait("pause", 0.01),
            Step.lambda_("flaky", flaky, retry_policy=RetryPolicy(initial_delay_seconds=0)),
            Step.lambda_("report", report),
        ],
    )
)
