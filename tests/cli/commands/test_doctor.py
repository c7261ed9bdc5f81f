"""`spine doctor`: whether everything that a project needs is well."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from spine.testing import FakePlugin
from tests.databases import PostgresServer
from tests.projects import DEADLINE_SECONDS, Project, clean_environ

FAILING = """
from spine.orchestration import Step, StepResult, Workflow, workflow_registry

workflow_registry.register(Workflow("failing", [Step.lambda_("a", lambda ctx, config: StepResult.fail("no"))]))
"""
SHIFTED = Path(__file__).parents[2] / "e2e" / "shifted_spine.py"


def test_a_new_project_is_well(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", '[channels.ops]\ntype = "console"\n')
    outcome = project.call("doctor", "--json")
    assert outcome.code == 0
    assert {row["check"] for row in outcome.json} >= {"database", "clock", "disk", "schedules", "channel ops"}


def test_a_clock_that_is_wrong_is_told_with_its_difference_to_the_server(
    tmp_path: Path, own_postgres: PostgresServer
) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", f'[spine]\ndatabase = "{own_postgres.url}"\n')
    assert project.call("db", "upgrade").code == 0
    command = [sys.executable, str(SHIFTED), "3600", "doctor", "--json"]
    done = subprocess.run(
        command, cwd=tmp_path, env=clean_environ(), capture_output=True, text=True, timeout=DEADLINE_SECONDS
    )
    assert done.returncode == 1
    [clock] = [row for row in json.loads(done.stdout) if row["check"] == "clock"]
    assert not clock["well"]
    assert "this machine is 3600." in clock["says"]


def test_a_channel_that_fails_is_told(tmp_path: Path) -> None:
    project = Project(tmp_path)
    channel = '[channels.hook]\ntype = "webhook"\nurl = "http://127.0.0.1:9/"\n'
    project.write("spine.toml", f'[spine]\nmodules = ["flows"]\n{channel}')
    project.write("flows.py", FAILING)
    assert project.call("run", "failing").code == 1
    outcome = project.call("doctor", "--json")
    [row] = [row for row in outcome.json if row["check"] == "channel hook"]
    assert (outcome.code, row["well"]) == (1, False)


def test_a_plugin_that_is_broken_is_told(tmp_path: Path, installed_plugin: Callable[..., FakePlugin]) -> None:
    installed_plugin("acme", "raise RuntimeError('no license')")
    project = Project(tmp_path)
    project.write("spine.toml", "")
    outcome = project.call("doctor", "--json")
    [row] = [row for row in outcome.json if not row["well"]]
    assert (outcome.code, row["says"]) == (1, "broken: RuntimeError: no license")
    assert row["check"].startswith("plugin acme")
