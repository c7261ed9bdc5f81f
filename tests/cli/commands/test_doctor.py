"""`spine doctor`: checks of a project's needs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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
    [database] = [row["says"] for row in outcome.json if row["check"] == "database"]
    assert database.startswith("SQLite database ")
    assert database.endswith("has tables of this version")


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
    assert clock["status"] == "fail"
    assert "this machine is 3600." in clock["says"]


def test_a_channel_that_fails_is_told(tmp_path: Path) -> None:
    project = Project(tmp_path)
    channel = '[channels.hook]\ntype = "webhook"\nurl = "http://127.0.0.1:9/"\n'
    project.write("spine.toml", f'[spine]\nmodules = ["flows"]\n{channel}')
    project.write("flows.py", FAILING)
    assert project.call("run", "failing").code == 1
    outcome = project.call("doctor", "--json")
    [row] = [row for row in outcome.json if row["check"] == "channel hook"]
    assert (outcome.code, row["status"]) == (1, "fail")


def test_a_plugin_that_is_broken_is_told(tmp_path: Path, installed_plugin: Callable[..., FakePlugin]) -> None:
    installed_plugin("acme", "raise RuntimeError('no license')")
    project = Project(tmp_path)
    project.write("spine.toml", "")
    outcome = project.call("doctor", "--json")
    [row] = [row for row in outcome.json if row["status"] == "fail"]
    assert (outcome.code, row["says"]) == (1, "broken: RuntimeError: no license")
    assert row["check"].startswith("plugin acme")


FAULTS = {
    "source feed": (
        '[sources.feed]\ntype = "file"\npath = "x.csv"\nencoding = 5\n',
        "sources.feed.encoding must be a text",
    ),
    "channel hook": (
        '[channels.hook]\ntype = "webhook"\nurl = { env = "NOT_SET" }\n',
        "channels.hook.url needs the environment variable NOT_SET, which is not set",
    ),
    "channel ops": ('[channels.ops]\ntype = "console"\nmin_severity = "BAD"\n', "severity 'BAD' is not one of"),
    "database side": ('[databases.side]\ntype = "postgresql"\nport = 0\n', "port"),
}


@pytest.mark.parametrize("check", FAULTS)
def test_a_declaration_that_a_run_could_not_use_is_at_fault(tmp_path: Path, check: str) -> None:
    settings, says = FAULTS[check]
    project = Project(tmp_path)
    project.write("spine.toml", settings)
    outcome = project.call("doctor", "--json")
    assert outcome.code == 1
    assert [row["check"] for row in outcome.json if row["status"] == "fail"] == [check]
    assert says in str(outcome.json)


def test_workflows_and_parameters_of_schedules_are_checked(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(
        "flows.py",
        "from spine.framework.params import ParamDef\n"
        "from spine.orchestration import Step, Workflow, workflow_registry\n"
        "params = [ParamDef('live', bool, 'publish, too')]\n"
        "workflow_registry.register(Workflow('w', [Step.pipeline('a', 'gone')], params=params))\n",
    )
    schedule = '[schedules.s]\nworkflow = "w"\nevery = "1d"\nparams = { life = true }\n'
    project.write("spine.toml", f'[spine]\nmodules = ["flows"]\n{schedule}')
    faults = {row["check"]: row["says"] for row in project.call("doctor", "--json").json if row["status"] == "fail"}
    assert faults == {
        "workflow w": "step 'a' runs pipeline 'gone', which does not exist: spine workflows check w",
        "schedule s": "workflow 'w': unknown parameter 'life'; did you mean 'live'?: correct its params",
    }
