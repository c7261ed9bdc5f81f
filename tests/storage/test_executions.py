"""Executions of pipelines outside of a workflow, in a project's history."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spine.app import open_project
from spine.core.adapters.database import get_adapter
from spine.core.errors import ValidationError
from spine.core.scope import use_scope
from spine.core.secrets import Secret
from spine.framework.dispatcher import get_dispatcher
from spine.framework.dry_run_scope import dry_run_scope
from spine.storage.migrate import upgrade
from tests.projects import DEADLINE_SECONDS, Project, clean_environ

FLOWS = """
import os
import signal

from spine.framework.pipelines import pipeline
from spine.orchestration import Step, Workflow, workflow_registry


@pipeline("load")
def load(params):
    return {"rows": 1}


@pipeline("fail")
def fail(params):
    raise ValueError("no such file")


@pipeline("interrupted")
def interrupted(params):
    raise KeyboardInterrupt


@pipeline("killed")
def killed(params):
    os.kill(os.getpid(), signal.SIGKILL)


workflow_registry.register(Workflow("w", [Step.pipeline("a", "load")]))
"""
KILLED = """
from spine.app import open_project
from spine.framework.dispatcher import get_dispatcher

with open_project():
    get_dispatcher().submit("killed")
"""


@pytest.fixture
def project(database_url: str, tmp_path: Path) -> Project:
    with get_adapter(database_url) as adapter:
        upgrade(adapter)
    found = Project(tmp_path)
    found.write("flows.py", FLOWS)
    found.write("spine.toml", f'[spine]\nname = "p"\ndatabase = "{database_url}"\nmodules = ["flows"]\n')
    return found


def submit(project: Project, name: str, params: dict[str, Any] | None = None, **options: Any) -> None:
    with open_project(project.root):
        get_dispatcher().submit(name, params, **options)


def history(project: Project, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.call("pipelines", "history", *arguments, "--json").json
    return found


def test_an_execution_is_kept_with_its_times_and_parameters(project: Project) -> None:
    submit(project, "load", {"week": "20251215", "token": Secret("hunter2"), "n": 1}, logical_key="otc")
    [row] = history(project)
    assert (row["project"], row["pipeline"], row["status"], row["error"]) == ("p", "load", "COMPLETED", None)
    assert row["created_at"] == row["started_at"] <= row["completed_at"]
    assert (row["params"]["week"], row["params"]["n"], row["logical_key"]) == ("20251215", 1, "otc")
    assert "hunter2" not in str(row)


def test_a_failure_is_kept_with_its_error(project: Project) -> None:
    submit(project, "fail")
    submit(project, "load")
    [row] = history(project, "fail")
    assert (row["status"], row["error"]) == ("FAILED", "no such file")
    assert len(history(project)) == 2
    assert "no executions of pipeline interrupted" in project.call("pipelines", "history", "interrupted").out


def test_an_interrupted_execution_is_cancelled(project: Project) -> None:
    with pytest.raises(KeyboardInterrupt):
        submit(project, "interrupted")
    assert [row["status"] for row in history(project)] == ["CANCELLED"]


def test_a_killed_execution_says_that_its_process_has_ended(project: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=project.root, env=clean_environ(), timeout=DEADLINE_SECONDS, check=False
    )
    assert done.returncode == -signal.SIGKILL
    [row] = history(project)
    assert (row["status"], row["completed_at"], row["error"]) == ("RUNNING", None, "its process has ended")


def test_the_pipelines_of_a_workflow_are_its_steps(project: Project) -> None:
    assert project.call("run", "w").code == 0
    assert history(project) == []


def test_a_dry_run_keeps_nothing(project: Project) -> None:
    with open_project(project.root) as application, use_scope(application.scope), dry_run_scope():
        get_dispatcher().submit("load")
    assert history(project) == []


@pytest.mark.slow
def test_a_logical_key_that_a_database_would_refuse_is_refused_before_anything_runs(project: Project) -> None:
    with pytest.raises(ValidationError, match=r"the logical key .* has 201 characters, at most 200 are possible"):
        submit(project, "load", logical_key="k" * 201)
    assert history(project) == []
