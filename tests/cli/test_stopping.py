"""Commands that stop something, while the code or the settings of the project are at fault."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.projects import Project

Make = Callable[..., Project]

SCHEDULED = '\n[schedules.often]\nworkflow = "numbers"\nevery = "1h"\n'
DAILY = """
from spine.orchestration import Daily, Step, Workflow, workflow_registry


def load(context, config):
    raise ValueError("it never works")


workflow_registry.register(Workflow("numbers", [Step.lambda_("load", load)], partitions=Daily("day")))
"""
BROKEN = "def broken(:\n"
UNSET = '\n[channels.chat]\ntype = "webhook"\nurl = { env = "SPINE_TEST_URL_THAT_IS_NOT_SET" }\n'


@pytest.fixture(params=["code", "secret"])
def harm(request: pytest.FixtureRequest) -> Callable[[Project], None]:
    def code(project: Project) -> None:
        project.write("flows.py", BROKEN)

    def secret(project: Project) -> None:
        project.write("spine.toml", (project.root / "spine.toml").read_text() + UNSET)

    return {"code": code, "secret": secret}[request.param]


def test_a_run_is_cancelled(scratch_project: Make, harm: Callable[[Project], None]) -> None:
    project = scratch_project()
    project.call("run", "numbers", "--detach")
    harm(project)
    cancelled = project.call("runs", "cancel", "latest", "--json")
    assert (cancelled.code, cancelled.json["status"]) == (0, "CANCELLED"), cancelled.err
    assert project.call("runs", "show", "latest", "--json").json["status"] == "CANCELLED"


def test_a_schedule_is_paused(scratch_project: Make, harm: Callable[[Project], None]) -> None:
    project = scratch_project(SCHEDULED)
    assert project.call("schedules", "resume", "often").code == 0
    harm(project)
    paused = project.call("schedules", "pause", "often", "--json")
    assert (paused.code, paused.json["state"]) == (0, "paused"), paused.err


def test_a_schedule_that_was_never_recorded_has_the_fault_as_its_reason(scratch_project: Make) -> None:
    project = scratch_project(SCHEDULED, flows=BROKEN)
    paused = project.call("schedules", "pause", "often")
    assert paused.code == 2
    assert "module 'flows'" in paused.err


def test_a_backfill_is_cancelled(scratch_project: Make, harm: Callable[[Project], None]) -> None:
    project = scratch_project(flows=DAILY)
    assert project.call("backfill", "numbers", "--from", "2026-01-05", "--to", "2026-01-05").code == 1
    harm(project)
    cancelled = project.call("backfills", "cancel", "latest", "--json")
    assert (cancelled.code, cancelled.json["status"]) == (0, "CANCELLED"), cancelled.err


def test_incidents_are_silenced_and_end(scratch_project: Make, harm: Callable[[Project], None]) -> None:
    project = scratch_project()
    project.call("run", "numbers", "-p", "count=6")
    harm(project)
    silence = ["silence", "--match", "source=numbers", "--until", "2h"]
    for command in (silence, ["ack", "latest"], ["resolve", "latest"]):
        done = project.call("alerts", *command)
        assert done.code == 0, done.err
    assert project.call("alerts", "list", "--open", "--json").json == []


def test_workers_and_schedulers_are_listed(scratch_project: Make, harm: Callable[[Project], None]) -> None:
    project = scratch_project()
    harm(project)
    assert project.call("workers", "list", "--json").json == []
    shown = project.call("scheduler", "run", "--status", "--json")
    assert (shown.code, shown.json) == (1, [])


def test_the_state_names_schedules_and_their_workflows(scratch_project: Make, harm: Callable[[Project], None]) -> None:
    project = scratch_project(SCHEDULED)
    project.call("schedules", "resume", "often")
    harm(project)
    shown = project.call("status").out
    assert "scheduler  warning: no scheduler alive, 1 active schedule: spine scheduler run" in shown
    assert "numbers" in shown.splitlines()[1]
