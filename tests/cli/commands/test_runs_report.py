"""`spine runs report`: a run as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project

Make = Callable[..., Project]

FLOWS = """
from spine import Step, Workflow, workflow_registry

workflow_registry.register(Workflow("good", [Step.lambda_("only", lambda context, config: {"n": 1})]))
"""


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _project(scratch_project: Make) -> Project:
    project = scratch_project()
    project.write("flows.py", FLOWS)
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    project.run("run", "good")
    return project


def test_the_report_of_the_latest_run_is_written(scratch_project: Make) -> None:
    project = _project(scratch_project)
    done = project.call("runs", "report", "latest", "--html", "report.html")
    assert done.out == "wrote report.html\n"
    assert Path("report.html").read_bytes().startswith(b"<!doctype html>")


@pytest.mark.slow
def test_json_says_what_was_written_of_a_run_that_a_part_of_its_id_names(scratch_project: Make) -> None:
    project = _project(scratch_project)
    run_id = project.call("runs", "list", "--json").json[0]["run_id"]
    found = project.call("runs", "report", run_id[-8:], "--html", "report.html", "--json").json
    size = Path("report.html").stat().st_size
    assert found == {"run_id": run_id, "format": "html", "path": "report.html", "byte_count": size}


def test_an_unknown_run_leaves_the_file_as_it_was(scratch_project: Make) -> None:
    project = _project(scratch_project)
    Path("report.html").write_text("the one before")
    done = project.call("runs", "report", "nope", "--html", "report.html")
    assert done.code != 0
    assert "spine runs list" in done.err
    assert Path("report.html").read_text() == "the one before"


def test_a_file_that_cannot_be_written_is_said_and_nothing_is_left_beside_it(scratch_project: Make) -> None:
    project = _project(scratch_project)
    done = project.call("runs", "report", "latest", "--html", "nowhere/report.html")
    assert done.code == 1
    assert done.err.strip() == "Error: nowhere/report.html cannot be written: No such file or directory"
    assert not list(Path.cwd().glob("**/*.tmp"))


def test_without_the_plugin_it_says_which_one(scratch_project: Make) -> None:
    project = _project(scratch_project)
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n[plugins]\ndisabled = ["board"]\n')
    done = project.call("runs", "report", "latest", "--html", "report.html")
    assert done.code == 2
    assert "spine-board" in done.err
    assert not Path("report.html").exists()
