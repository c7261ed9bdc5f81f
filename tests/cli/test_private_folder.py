"""What Spine stores in a project is its owner's only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import Project

FLOWS = """
import logging
from pathlib import Path
from spine.framework.captures import capture
from spine.orchestration import Step, Workflow, workflow_registry


def listed(context, config):
    capture("small", [{"text": "small"}])
    logging.getLogger("flows").warning("harmless\\nERROR: forged\\u2028ERROR: forged too\\x1b[2J")
    own = Path(__file__).parent / ".spine"
    return {str(path.relative_to(own)): f"{path.stat().st_mode & 0o777:o}" for path in [own, *own.rglob("*")]}


def fails(context, config):
    raise ValueError("cell\\nERROR: forged")


workflow_registry.register(Workflow("w", [Step.lambda_("list", listed)]))
workflow_registry.register(Workflow("f", [Step.lambda_("fail", fails)]))
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project")
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    project.write("flows.py", FLOWS)
    return project


@pytest.mark.slow
def test_everything_below_dot_spine_is_its_owners_also_while_a_run_lasts(project: Project) -> None:
    assert project.run("run", "w").code == 0
    [step] = project.run("runs", "show", "latest", "--json").json["steps"]
    found = step["outputs"]
    assert {"spine.db", "spine.db-wal", "spine.db-shm"} <= set(found)
    folders = {name for name, rights in found.items() if rights == "700"}
    assert {".", "captures", "captures/small"} <= folders
    assert {rights for name, rights in found.items() if name not in folders} == {"600"}
    kept = [path for path in (project.root / ".spine").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}


@pytest.mark.slow
def test_no_text_of_a_log_line_begins_a_line_of_its_own(project: Project) -> None:
    for done in (project.run("run", "w"), project.run("run", "f"), project.run("runs", "logs", "latest")):
        assert not [line for line in (done.out + done.err).splitlines() if line.startswith("ERROR: forged")]
    shown = project.run("run", "w").err
    assert "WARNING: harmless\n  ERROR: forged\n  ERROR: forged too" in shown
    assert "\x1b" not in shown
    project.run("run", "f")
    assert "\nERROR: forged" not in project.run("runs", "show", "latest", "--traceback").out
