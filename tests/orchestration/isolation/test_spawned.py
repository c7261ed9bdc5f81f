"""Scripts that run workflows whose steps and items have processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import DEADLINE_SECONDS, Project, clean_environ

FLOWS = """
import spine

def load(context, config):
    return {"n": 1}

def double(context, item):
    return 2 * item

spine.workflow_registry.register(spine.Workflow("w", [
    spine.Step.lambda_("load", load, timeout=3600),
    spine.Step.map("each", "items", function=double, executor="processes", max_concurrency=1),
], defaults={"items": [1, 2]}))
"""
RUNS = """
import spine
print("begins")
with spine.open_project() as project:
    result = project.run("w")
    print(result.status.name, result.context.get_output("each", "results"))
"""
OWN = """
import os
import spine
from spine.orchestration import WorkflowRunner

def load(context, config):
    return {"pid": os.getpid()}

WORKFLOW = spine.Workflow("own", [spine.Step.lambda_("load", load, timeout=3600)])
"""
OWN_RUN = """
with spine.open_project() as project:
    result = WorkflowRunner().execute(WORKFLOW)
    print(result.status.name, result.error)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("spine.toml", '[spine]\nmodules = ["flows"]\n[alerts]\non_failure = "none"\n')
    made.write("flows.py", FLOWS)
    return made


def python(project: Project, *arguments: str, script: str | None = None) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project.root,
        env=clean_environ(),
        input=script,
        text=True,
        capture_output=True,
        timeout=DEADLINE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_script_that_works_at_its_top_level_is_not_run_again_in_the_processes_of_its_steps(project: Project) -> None:
    project.write("script.py", RUNS)
    assert python(project, "script.py") == "begins\nCOMPLETED [2, 4]\n"
    assert len(project.call("runs", "list", "--json").json) == 1


@pytest.mark.slow
def test_a_module_that_works_at_its_top_level_is_not_run_again_either(project: Project) -> None:
    project.write("jobs/script.py", RUNS)
    assert python(project, "-m", "jobs.script") == "begins\nCOMPLETED [2, 4]\n"


@pytest.mark.slow
def test_a_script_from_stdin_has_processes_of_steps(project: Project) -> None:
    assert python(project, "-", script=RUNS) == "begins\nCOMPLETED [2, 4]\n"


@pytest.mark.slow
def test_functions_of_a_script_that_can_be_imported_run_in_processes_of_their_own(project: Project) -> None:
    guarded = OWN_RUN.replace("\n", "\n    ")
    project.write("script.py", f"{OWN}\nif __name__ == '__main__':{guarded}")
    assert python(project, "script.py") == "COMPLETED None\n"


@pytest.mark.slow
def test_functions_of_a_script_that_cannot_be_imported_fail_their_step_with_what_to_do(project: Project) -> None:
    project.write("script.py", OWN + OWN_RUN)
    said = python(project, "script.py")
    assert said.startswith("FAILED function '__main__:load' cannot be found: it is in the script that was started")
    assert "move it to a module" in said
