"""The workflows of the fault tests: captures, a cursor, a table of users, a map, a retry, and one that fails."""

from __future__ import annotations

import os
from typing import Any

from spine.core.errors import NetworkError
from spine.framework.captures import capture, read_capture
from spine.framework.sources import source_registry
from spine.framework.sources.state import read_state, write_state
from spine.framework.work import current_work
from spine.orchestration import RetryPolicy, Step, Workflow, WorkflowContext, workflow_registry
from spine.project import current_project

AGAIN = RetryPolicy(max_attempts=8, initial_delay_seconds=0.01, max_delay_seconds=0.05)


def ran(name: str) -> None:
    """Note in the side file of the project that the code of a step, or of an item, ran."""
    project = current_project()
    descriptor = os.open(project.root / f"ran-{project.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, f"{name}\n".encode())
    os.close(descriptor)


def load(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    ran("load")
    rows = source_registry.get("rows").fetch({}).data
    begin = read_state("rows") or 0
    new = [{"id": int(row["id"]), "price": row["price"]} for row in rows if int(row["id"]) > begin]
    write_state("rows", max((row["id"] for row in new), default=begin))
    return {"rows": capture("raw", new).row_count, "parts": [0, 1, 2]}


def part(ctx: WorkflowContext, item: int) -> int:
    ran(f"each[{item}]")
    rows = [row for row in read_capture("raw").data if row["id"] % 3 == item]
    return capture("part", rows, partition={"part": item}).row_count


def publish(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    ran("publish")
    rows = read_capture("raw").data
    project = current_project()
    with project.database.transaction(fence=ctx) as connection:
        connection.executemany(
            "INSERT INTO withstand_prices (project, id, price) VALUES (?, ?, ?) "
            "ON CONFLICT (project, id) DO UPDATE SET price = excluded.price",
            [(project.name, row["id"], str(row["price"])) for row in rows],
        )
    return {"published": len(rows)}


def flaky(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    ran("flaky")
    work = current_work()
    if work is not None and work.attempt == 1:
        raise NetworkError("the first try always fails")
    return {"done": True}


def report(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    ran("report")
    total = sum(ctx.get_output("each", "results"))
    capture("report", [{"rows": total, "published": ctx.get_output("publish", "published")}])
    return {"total": total}


def fail(ctx: WorkflowContext, config: Any) -> None:
    ran("fail")
    raise ValueError("no such luck")


workflow_registry.register(
    Workflow(
        "completes",
        [
            Step.lambda_("load", load),
            Step.map("each", "load.parts", function=part, max_concurrency=1),
            Step.lambda_("publish", publish, retry_policy=AGAIN),
            Step.lambda_("flaky", flaky, retry_policy=AGAIN),
            Step.lambda_("report", report),
        ],
    )
)
workflow_registry.register(Workflow("fails", [Step.lambda_("fail", fail)]))
