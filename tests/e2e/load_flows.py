"""The workflows of the load sweep: three loads in one mode, by steps, and by the items of a map step."""

from __future__ import annotations

from typing import Any

from spine import Step, Workflow, WorkflowContext, capture, load, workflow_registry

ROWS = 3000
MODES = ("append", "replace_partition", "merge", "scd2")


def rows_of(version: int) -> list[dict[str, Any]]:
    """Return the rows of a version: some of the ones before changed, some are gone, some are new."""
    return [
        {"id": number, "n": number * version if number % 3 == 0 else number, "text": f"row {number}"}
        for number in range(version * 100, ROWS + version * 100)
    ]


def options_of(mode: str) -> dict[str, Any]:
    return {"mode": mode, **({"key": ["id"]} if mode in ("merge", "scd2") else {})}


def make(context: WorkflowContext, config: Any) -> dict[str, Any]:
    return {"rows": sum(capture(f"v{version}", rows_of(version), partition={}).row_count for version in (1, 2, 3))}


def by_hand(context: WorkflowContext, config: Any) -> dict[str, Any]:
    mode = config["mode"]
    done = load("warehouse", mode, rows_of(3), **options_of(mode))
    return done.to_dict()


def item(context: WorkflowContext, number: int) -> int:
    return load("warehouse", "items", [{"item": number, "row": row} for row in range(50)]).inserted


def workflow(mode: str) -> Workflow:
    place = {"database": "warehouse", "table": mode, **options_of(mode)}
    steps = [
        Step.lambda_("make", make),
        Step.load("one", capture="v1", **place),
        Step.load("two", capture="v2", **place),
        Step.lambda_("three", by_hand, {"mode": mode}),
    ]
    if mode == "append":
        steps.append(Step.map("items", lambda context: list(range(8)), function=item, max_concurrency=2))
    return Workflow(f"load.{mode}", steps, partition_by=["week"])


for name in MODES:
    workflow_registry.register(workflow(name))
