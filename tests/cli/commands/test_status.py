"""`spine status`: the state of a project on one screen, with what to type next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from spine.app.health_file import HealthFile
from spine.app.workers import definition_hashes
from spine.core.adapters.database import SQLiteAdapter
from spine.core.clock import utc_now
from spine.orchestration.lease import process_name
from spine.project import open_project
from spine.scheduling.scheduler import Status
from spine.storage.workers import Workers
from spine.testing import FakePlugin
from spine.testing.command_line import call
from tests.projects import Project
from tests.scheduling.table_queue import make_project

Make = Callable[..., Project]

SCHEDULED = '\n[schedules.often]\nworkflow = "numbers"\nevery = "1h"\n'


def test_a_new_project_has_workflows_that_never_ran(scratch_project: Make) -> None:
    project = scratch_project()
    assert project.call("status").out.splitlines() == ["workflow  status", "numbers   never ran"]
    found = project.call("status", "--json").json
    assert [workflow["last"] for workflow in found["workflows"]] == [[]]
    assert found["running"] == found["incidents"] == found["stale"] == found["schedulers"] == []


def test_modules_that_cannot_be_imported_are_the_reason_why_there_are_no_workflows(scratch_project: Make) -> None:
    project = scratch_project(flows="import nothing_there\n")
    shown = project.call("status")
    assert shown.out == "no workflows, as the settings or the modules have the fault above\n"
    assert "module 'flows'" in shown.err


def test_each_workflow_has_its_last_runs_and_since_when_it_fails(scratch_project: Make) -> None:
    project = scratch_project()
    for count in (3, 6, 7):
        project.call("run", "numbers", "-p", f"count={count}")
    shown = project.call("status").out
    assert "✓✗✗" in shown
    newest, older, _ = project.call("runs", "list", "--json").json
    [workflow] = project.call("status", "--json").json["workflows"]
    assert workflow["failing_since"] == older["started_at"]
    assert workflow["failed_runs"] == 2
    assert f", 2 runs: check: that is too many: spine runs show {newest['run_id']}" in shown
    project.call("run", "numbers", "-p", "count=4")
    assert "failing" not in project.call("status").out


def test_what_is_to_be_done_has_the_command_for_it(scratch_project: Make) -> None:
    project = scratch_project(SCHEDULED)
    project.call("run", "numbers", "-p", "count=6")
    shown = project.call("status").out
    assert "scheduler  warning: no scheduler alive, 1 active schedule: spine scheduler run" in shown
    assert ": spine alerts show " in shown
    assert "next" in shown.splitlines()[0]


def test_a_run_whose_process_is_gone_is_to_be_resumed(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    with SQLiteAdapter(project.root / ".spine" / "spine.db") as database:
        database.execute(
            "UPDATE core_workflow_runs SET status = 'RUNNING', completed_at = NULL, lease_owner = 'a/1/1',"
            " lease_expires_at = '2026-01-01T00:00:00+00:00'"
        )
    run_id = project.call("runs", "list", "--json").json[0]["run_id"]
    shown = project.call("status").out
    assert "process gone" in shown
    assert f"warning: 1 run without a process: spine runs resume {run_id}" in shown


def test_spine_alone_shows_the_state_inside_a_project_and_the_help_elsewhere(
    scratch_project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = scratch_project()
    monkeypatch.delenv("SPINE_PROJECT", raising=False)
    monkeypatch.chdir(project.root)
    assert call().out == project.call("status").out
    monkeypatch.chdir(project.root.parent)
    outside = call()
    assert (outside.code, outside.out) == (2, "")
    assert "Usage: spine" in outside.err


@pytest.mark.parametrize(("asked", "state"), [("cancel", "cancelling"), ("park", "parking")])
def test_what_a_run_is_asked_to_do_is_its_state(scratch_project: Make, asked: str, state: str) -> None:
    project = scratch_project()
    project.call("run", "numbers", "--detach")
    with SQLiteAdapter(project.root / ".spine" / "spine.db") as database:
        database.execute(
            f"UPDATE core_workflow_runs SET status = 'RUNNING', lease_owner = ?, {asked}_requested_at = started_at,"
            " lease_expires_at = '2999-01-01T00:00:00+00:00'",
            (process_name(),),
        )
    for command in (("status",), ("runs", "list"), ("runs", "show", "latest")):
        assert f"RUNNING ({state})" in project.call(*command).out


def test_workers_that_do_not_take_a_queue_are_not_well(
    tmp_path: Path, installed_plugin: Callable[..., FakePlugin]
) -> None:
    flows = """
from spine.orchestration import Step, Workflow, workflow_registry

workflow_registry.register(Workflow("w", [Step.lambda_("a", lambda context, config: None)], queue="gpu"))
"""
    project = make_project(tmp_path / "project", installed_plugin, f"sqlite:///{tmp_path / 'x.db'}", flows)
    with open_project(project.root) as opened:
        opened.submit("w")
        Workers(opened.application.history).enter("here", "table", ["default"], 2, definition_hashes())
    said = "warning: 1 alive, 1 run of w in queue gpu, which none takes: spine worker run --queues gpu"
    assert f"workers    {said}" in project.call("status").out or f"workers  {said}" in project.call("status").out


def test_a_scheduler_that_lives_and_is_not_well_is_not_gone(scratch_project: Make) -> None:
    project = scratch_project(SCHEDULED)
    project.call("run", "numbers")
    HealthFile(project.root).write(Status(utc_now() - timedelta(days=1), utc_now(), 0, 0, 0, "the disk is full"))
    shown = project.call("status").out
    assert f"warning: {process_name()} is not well: the disk is full: spine scheduler run --status" in shown
    assert "no scheduler alive" not in shown
    assert "0 alive" not in shown
    assert project.call("status", "--json").json["ill_schedulers"] == [
        {"process": process_name(), "last_error": "the disk is full"}
    ]
