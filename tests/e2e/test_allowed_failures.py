"""The table of allowed failures in docs/workflows.md: its rows are the docstrings of these tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project

SETTINGS = """
[spine]
name = "allowed"
modules = ["flows"]
[channels.terminal]
type = "console"
[sources.numbers]
type = "file"
path = "numbers.csv"
schema = { n = "int64" }
on_bad_row = "quarantine"
"""

FLOWS = """
from spine import Step, Workflow, source, workflow_registry
from spine.framework.params import ParamDef


def gate(context, config):
    if not context.params["open"]:
        raise ValueError("closed")


def invert(context, number):
    return 1 / number


def refuse(context, config):
    raise ValueError("refused")


def read(context, config):
    return {"rows": len(source("numbers").fetch().to_result().unwrap())}


STEPS = {
    "continue": Step.lambda_("work", refuse, on_error="continue"),
    "map": Step.map("work", lambda context: [0, 4], function=invert, tolerated_failures=1),
    "parallel": Step.parallel("work", {"a": [Step.lambda_("a", refuse)], "b": []}, tolerated_failures=1),
    "read": Step.lambda_("work", read),
}
for name, step in STEPS.items():
    steps = [Step.lambda_("gate", gate), step]
    workflow_registry.register(Workflow(name, steps, params=[ParamDef("open", bool, "whether it works")]))
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write("spine.toml", SETTINGS)
    project.write("flows.py", FLOWS)
    project.write("numbers.csv", "n\n1\nx\n")
    return project


def ending(project: Project, workflow: str) -> dict[str, Any]:
    """Return the run of a workflow whose last run failed, and which succeeds but for what it allows to fail."""
    assert project.call("run", workflow, "-p", "open=false").code == 1
    assert project.call("run", workflow, "-p", "open=true").code == 0
    run: dict[str, Any] = project.call("runs", "show", "latest", "--json").json
    return run


def alerts(project: Project) -> list[bool]:
    """Return for each alert if its incident is resolved."""
    return [row["incident_resolved_at"] is not None for row in project.call("alerts", "list", "--json").json]


def test_a_step(project: Project) -> None:
    """`on_error="continue"` of a step that fails | step FAILED, run PARTIAL | 0 | no alert, and none is resolved |
    `spine runs list --status PARTIAL`"""
    run = ending(project, "continue")
    assert (run["status"], run["steps"][-1]["status"], alerts(project)) == ("PARTIAL", "FAILED", [False])
    assert len(project.call("runs", "list", "--status", "PARTIAL", "--json").json) == 1
    assert project.call("runs", "resume", run["run_id"], "--from", "work").code == 0


def test_an_item(project: Project) -> None:
    """`tolerated_failures` of a map whose items fail | step and run COMPLETED; the number is `failed` in the step's
    output | 0 | no alert; those of earlier runs are resolved | `spine runs show`: the items with their errors"""
    run = ending(project, "map")
    assert (run["status"], run["steps"][-1]["outputs"]["failed"], alerts(project)) == ("COMPLETED", 1, [True])
    assert "ZeroDivisionError" in project.call("runs", "show", "latest").out


def test_a_branch(project: Project) -> None:
    """`tolerated_failures` of a parallel step whose branches fail | the branch's step FAILED, its own step and the run
    COMPLETED | 0 | no alert; those of earlier runs are resolved | `spine runs show`: the branch's step with its
    error"""
    run = ending(project, "parallel")
    statuses = {step["step_name"]: step["status"] for step in run["steps"]}
    assert (run["status"], statuses["work"], alerts(project)) == ("COMPLETED", "COMPLETED", [True])
    assert "refused" in project.call("runs", "show", "latest").out


def test_a_row(project: Project) -> None:
    """`on_bad_row = "quarantine"` or `"skip"` of a source | step and run COMPLETED; quarantined rows are kept | 0 |
    no alert; those of earlier runs are resolved | `spine runs show`: the rejects"""
    run = ending(project, "read")
    assert (run["status"], run["steps"][-1]["outputs"], alerts(project)) == ("COMPLETED", {"rows": 1}, [True])
    assert "not a valid int64" in project.call("runs", "show", "latest").out
