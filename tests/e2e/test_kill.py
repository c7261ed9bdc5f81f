"""`kill -9` in the middle of a step leaves nothing half done, and running again completes."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from tests.projects import DEADLINE_SECONDS, Project, wait_until

Make = Callable[..., Project]

SETTINGS = """
[spine]
modules = ["flows"]
[sources.numbers]
type = "file"
path = "numbers.csv"
"""

FLOWS = """
import os, sys
from spine.framework.captures import capture, read_capture
from spine.framework.pipelines import PipelineResult, pipeline
from spine.framework.rejects import Reject, quarantine
from spine.framework.sources import source_registry
from spine.orchestration import Step, Workflow, workflow_registry

def pause(where):
    if os.environ.get("PAUSE_AT") == where:
        open("paused", "w").close()
        open("forever").read()  # a pipe that nobody writes to

@pipeline("ingest")
def ingest(params):
    fetched = source_registry.get("numbers").fetch()
    if not fetched.metadata.content_changed:
        return PipelineResult.unchanged("nothing new")
    capture("raw", fetched.table)
    pause("ingest")
    return {"record_count": len(fetched.data)}

@pipeline("process")
def process(params):
    rows = read_capture("raw").data
    capture("first", rows[:2])
    quarantine([Reject("numbers", reason="odd", raw="3", location="x", line_number=4)])
    pause("process")
    capture("second", rows[2:])
    return {"record_count": len(rows)}

steps = [Step.pipeline("ingest", "ingest"), Step.pipeline("process", "process")]
workflow_registry.register(Workflow(name="w", steps=steps))
"""


def _project(make_project: Make, name: str) -> Project:
    project = make_project(SETTINGS, FLOWS, name)
    project.write("numbers.csv", "n\n1\n2\n3\n")
    os.mkfifo(project.root / "forever")
    return project


def _killed_at(project: Project, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAUSE_AT", where)
    process = project.start("run", "w")
    wait_until((project.root / "paused").exists)
    process.kill()
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == -signal.SIGKILL
    monkeypatch.delenv("PAUSE_AT")


def _view(project: Project) -> list[tuple[Any, ...]]:
    """Return the current captures as a SQL client sees them."""
    with sqlite3.connect(project.root / ".spine/spine.db") as connection:
        query = "SELECT name, revision, row_count, content_hash FROM captures ORDER BY name"
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def _captures(project: Project) -> dict[str, list[dict[str, Any]]]:
    names = [row["name"] for row in project.call("captures", "list", "--json").json]
    return {name: project.call("captures", "read", name, "--json").json for name in names}


@pytest.mark.slow
@pytest.mark.parametrize(("where", "visible"), [("ingest", []), ("process", ["raw"])])
def test_what_the_killed_step_had_made_is_not_visible_and_the_next_run_completes(
    make_project: Make, monkeypatch: pytest.MonkeyPatch, where: str, visible: list[str]
) -> None:
    killed, undisturbed = _project(make_project, "killed"), _project(make_project, "undisturbed")
    _killed_at(killed, where, monkeypatch)
    assert [name for name, *_ in _view(killed)] == visible
    assert list(_captures(killed)) == visible
    shown = killed.call("runs", "show", "latest", "--json").json
    assert shown["rejects"] == []
    assert shown["status"] != "COMPLETED"
    assert shown["steps"][-1]["step_name"] == where

    again = killed.run("run", "w", "--json")
    assert (again.code, again.json["status"], again.json["outcome"]) == (0, "COMPLETED", None)
    assert undisturbed.run("run", "w").code == 0
    assert _captures(killed) == _captures(undisturbed)
    assert _view(killed) == _view(undisturbed)
    assert len(killed.call("runs", "show", "latest", "--json").json["rejects"]) == 1
