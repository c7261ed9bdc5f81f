"""The workflow of the capture sweep: steps that append, merge and replace, and items that append to partitions."""

from __future__ import annotations

from typing import Any

from spine import Step, Workflow, WorkflowContext, capture, read_capture, workflow_registry

ROWS = 2000


def add(context: WorkflowContext, config: Any) -> dict[str, Any]:
    number = config["number"]
    rows = [{"id": number * ROWS + row, "n": number} for row in range(ROWS)]
    capture("log", rows, mode="append", load_ids=True)
    capture("state", [{"id": row["id"] % (2 * ROWS), "n": number} for row in rows], mode="merge", key="id")
    made = capture("last", rows)
    return {"revision": made.revision}


def item(context: WorkflowContext, number: int) -> int:
    return capture("items", [{"item": number}], mode="append", partition={"number": str(number)}).revision


def total(context: WorkflowContext, config: Any) -> dict[str, Any]:
    items = read_capture("items", partitions="all").table.num_rows
    return {"rows": capture("total", [{"log": read_capture("log").table.num_rows, "items": items}]).row_count}


workflow_registry.register(
    Workflow(
        "captures",
        [
            *(Step.lambda_(f"add{number}", add, {"number": number}) for number in range(3)),
            Step.map("items", lambda context: list(range(8)), function=item, max_concurrency=2),
            Step.lambda_("total", total),
        ],
    )
)
