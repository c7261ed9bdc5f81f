"""Scratch projects for the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project

FLOWS = '''
from spine.framework.captures import capture
from spine.framework.pipelines import pipeline
from spine.orchestration import Step, StepResult, Workflow, workflow_registry


@pipeline("numbers.make")
def make(params):
    """Make some numbers."""
    kept = capture("numbers", [{"n": n} for n in range(int(params["count"]))])
    return {"record_count": kept.row_count}


def check(ctx, config):
    if ctx.get_output("make", "record_count") > 5:
        return StepResult.fail("that is too many", category="VALIDATION")
    return StepResult.ok(fine=True)


workflow_registry.register(
    Workflow(
        name="numbers",
        description="Makes numbers.",
        domain="maths",
        defaults={"count": "3", "kind": "plain"},
        partition_by=["kind"],
        steps=[Step.pipeline("make", "numbers.make"), Step.lambda_("check", check)],
    )
)
'''

SETTINGS = '[spine]\nname = "scratch"\nmodules = ["flows"]\n'


@pytest.fixture
def scratch_project(tmp_path: Path) -> Callable[..., Project]:
    """Return a function that makes a project; `toml` is added to its settings, `flows` replaces its module."""

    def make(toml: str = "", flows: str = FLOWS, *, name: str = "scratch", settings: str = SETTINGS) -> Project:
        project = Project(tmp_path / name)
        project.write("spine.toml", settings + toml)
        project.write("flows.py", flows)
        return project

    return make
