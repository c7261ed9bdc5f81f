"""Pipeline steps on an executor: what they leave is what they leave in this process, and their limits hold there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from spine.orchestration import Step, Workflow
from tests.projects import Project

FLOWS = """
import logging
import os
import time
from spine import Step, Workflow, capture, pipeline, workflow_registry
from spine.core.errors import SourceNotFoundError
from spine.framework.pipelines import PipelineResult

logger = logging.getLogger("flows")

@pipeline("load")
def load(params):
    what = params["what"]
    logger.info("%s begins", what)
    kept = capture("rows", [{"what": what, "id": "007"}])
    if what == "raises":
        raise SourceNotFoundError("no file a.csv")
    if what == "unchanged":
        return PipelineResult.unchanged("nothing new")
    if what == "leaks":
        held = [b"x" * (1 << 20) for _ in range(4000)]
    if what == "hangs":
        time.sleep(3600)
    return {"rows": kept.row_count, "pid": os.getpid()}

workflow_registry.register(Workflow(
    "w", [Step.pipeline("load", "load", executor="EXECUTOR", LIMITS)], defaults={"what": "rows"},
))
"""
ELSEWHERE = ("processes", "dask")

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the allocations of a process")


def run_step(
    make_project: Callable[..., Project], executor: str, what: str, limits: str = ""
) -> tuple[int, dict[str, Any], Project]:
    project = make_project(FLOWS.replace("EXECUTOR", executor).replace("LIMITS", limits))
    done = project.run("run", "w", "-p", f"what={what}")
    return done.code, project.call("runs", "show", "latest", "--json").json, project


@pytest.mark.slow
@pytest.mark.parametrize("executor", ELSEWHERE)
def test_a_pipeline_runs_in_a_worker_and_what_it_captured_is_the_steps(
    executor: str, make_project: Callable[..., Project]
) -> None:
    code, run, project = run_step(make_project, executor, "rows")
    assert code == 0
    [step] = run["steps"]
    assert step["outputs"]["rows"] == 1
    assert step["outputs"]["pid"] != os.getpid()
    [kept] = project.call("captures", "list", "--json").json
    assert (kept["run_id"], kept["step_name"], kept["row_count"]) == (run["run_id"], "load", 1)
    logged = project.call("runs", "logs", "latest", "--json").json
    assert [line["message"] for line in logged if line["logger"] == "flows"] == ["rows begins"]


@pytest.mark.slow
@pytest.mark.parametrize("executor", ELSEWHERE)
def test_an_error_and_an_outcome_come_back(executor: str, make_project: Callable[..., Project]) -> None:
    code, run, project = run_step(make_project, executor, "raises")
    [step] = run["steps"]
    assert (code, step["error_type"], step["error_category"]) == (1, "SourceNotFoundError", "SOURCE")
    assert "no file a.csv" in step["error"]
    assert project.call("captures", "list", "--json").json == []
    assert project.run("run", "w", "-p", "what=unchanged").code == 0
    assert project.call("runs", "show", "latest", "--json").json["outcome"] == "unchanged"


@pytest.mark.slow
@linux_only
@pytest.mark.parametrize("executor", ELSEWHERE)
def test_its_memory_is_limited(executor: str, make_project: Callable[..., Project]) -> None:
    code, run, _ = run_step(make_project, executor, "leaks", "max_memory=300_000_000")
    [step] = run["steps"]
    assert (code, step["error_type"]) == (1, "MemoryLimitError")
    assert step["error"].startswith("step 'load' needed more memory than its max_memory of 300,000,000 bytes")


@pytest.mark.slow
@pytest.mark.parametrize("executor", ELSEWHERE)
def test_its_time_is_limited(executor: str, make_project: Callable[..., Project]) -> None:
    code, run, _ = run_step(make_project, executor, "hangs", "timeout=10")
    [step] = run["steps"]
    assert (code, step["error_type"]) == (1, "TimeoutError")
    assert step["error"] == "step 'load' took longer than its timeout of 10 s and was stopped"


def test_the_executor_is_in_the_definition() -> None:
    workflow = Workflow("w", [Step.pipeline("load", "load", executor="dask", max_memory=1 << 30, timeout=5)])
    assert workflow.to_dict()["steps"][0]["executor"] == "dask"
    assert Workflow.from_dict(workflow.to_dict()) == workflow
    assert "executor" not in Step.pipeline("load", "load").to_dict()
