"""Limits of the items of a map, on processes and on Dask: an item that leaks or hangs fails alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from spine.core.errors import ValidationError
from spine.orchestration import Step, Workflow
from spine.orchestration.step_result import StepResult
from spine.project import open_project
from tests.projects import Project

FLOWS = """
import time
from spine import Step, Workflow, workflow_registry

def body(context, item):
    if item == "leaks":
        kept = [b"x" * (1 << 20) for _ in range(4000)]
    if item == "hangs":
        time.sleep(3600)
    return item

workflow_registry.register(Workflow("w", [Step.map(
    "each", "items", function=body, executor="EXECUTOR", max_concurrency=2, tolerated_failures=TOLERATED, LIMIT,
)], defaults={"items": ["a", "leaks", "b", "hangs", "c", "d"]}))
"""
EXECUTORS = ("processes", "dask")
LIMITS = "item_timeout=25, max_memory=300_000_000"

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the allocations of a process")


def project_of(make_project: Callable[..., Project], executor: str, limit: str, tolerated: int) -> Project:
    given = {"EXECUTOR": executor, "LIMIT": limit, "TOLERATED": str(tolerated)}
    flows = FLOWS
    for name, value in given.items():
        flows = flows.replace(name, value)
    return make_project(flows)


def items_of(project: Project) -> dict[int, dict[str, Any]]:
    with open_project(project.root, {}) as opened:
        return {row["item_index"]: row for row in opened.database.query("SELECT * FROM core_workflow_items")}


@pytest.mark.slow
@linux_only
@pytest.mark.parametrize("executor", EXECUTORS)
def test_items_beyond_their_limits_fail_alone_and_the_run_goes_on(
    executor: str, make_project: Callable[..., Project]
) -> None:
    project = project_of(make_project, executor, LIMITS, 2)
    done = project.run("run", "w")
    assert done.code == 0, done.err
    found = items_of(project)
    assert [item["status"] for _, item in sorted(found.items())] == [
        *("COMPLETED", "FAILED", "COMPLETED", "FAILED", "COMPLETED", "COMPLETED")
    ]
    leaked, hung = found[1], found[3]
    assert (leaked["error_type"], leaked["error_retryable"]) == ("MemoryLimitError", 0)
    assert leaked["error"].startswith("an item of step 'each' needed more memory than its max_memory of 300,000,000")
    assert (hung["error_type"], hung["error_retryable"]) == ("TimeoutError", 1)
    assert hung["error"] == "an item of step 'each' took longer than its timeout of 25 s and was stopped"
    [step] = project.run("runs", "show", "latest", "--json").json["steps"]
    assert step["outputs"]["results"] == ["a", None, "b", None, "c", "d"]


@pytest.mark.slow
@linux_only
@pytest.mark.parametrize("executor", EXECUTORS)
def test_an_item_beyond_its_limits_fails_a_step_that_tolerates_none(
    executor: str, make_project: Callable[..., Project]
) -> None:
    project = project_of(make_project, executor, "max_memory=300_000_000", 0)
    done = project.run("run", "w", "-p", f"items:={json.dumps(['a', 'leaks'])}")
    assert done.code == 1
    assert "item 1 (leaks) failed: an item of step 'each' needed more memory" in done.out + done.err


@pytest.mark.slow
@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_step_whose_time_is_over_ends_the_items_that_hang(
    executor: str, make_project: Callable[..., Project]
) -> None:
    project = project_of(make_project, executor, "timeout=20", 2)
    done = project.run("run", "w", "-p", f"items:={json.dumps(['a', 'hangs'])}")
    assert done.code == 1
    assert "step 'each' took longer than its timeout of 20 s and was stopped" in done.out + done.err
    assert 1 not in items_of(project)  # a resumed run repeats it


def body(context: Any, item: Any) -> StepResult:
    return StepResult.ok()


@pytest.mark.parametrize("executor", ["inline", "threads"])
@pytest.mark.parametrize("limit", [{"item_timeout": 1}, {"max_memory": 1 << 30}], ids=["time", "memory"])
def test_an_executor_of_this_process_cannot_limit_items(executor: str, limit: dict[str, Any]) -> None:
    [name] = limit
    with pytest.raises(ValidationError, match=f"cannot have {name}: its items run in this process, by executor"):
        Step.map("each", "items", function=body, executor=executor, **limit)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_the_time_of_an_item_is_a_positive_number(seconds: float) -> None:
    with pytest.raises(ValueError, match="item_timeout"):
        Step.map("each", "items", function=body, executor="processes", item_timeout=seconds)


def test_limits_are_in_the_definition() -> None:
    step = Step.map("each", "items", function=body, executor="processes", item_timeout=5, max_memory=1 << 30)
    workflow = Workflow("w", [step])
    assert Workflow.from_dict(workflow.to_dict()) == workflow
    assert {"item_timeout": 5, "max_memory": 1 << 30}.items() <= workflow.to_dict()["steps"][0].items()
    without = Step.map("each", "items", function=body, executor="processes").to_dict()
    assert {"item_timeout", "max_memory"}.isdisjoint(without)
