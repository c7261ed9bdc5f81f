"""docs/how-to/upgrades.md: its commands print what it shows, and its table of changes is what a resumed run does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.commands import play
from tests.docs.pages import blocks
from tests.projects import Project

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "upgrades.md").read_text()
STATUS, UPGRADE, DOWNGRADE, RESUME = blocks(PAGE, "console")

FLOWS = """
from pathlib import Path
from spine.orchestration import RetryPolicy, Step, Workflow, workflow_registry


def load(context, config):
    return {"rows": 3}


def check(context, config):
    if not Path(__file__).with_name("approved").exists():
        raise ValueError("nobody has approved the prices")


workflow_registry.register(Workflow("prices", [Step.lambda_("load", load), Step.lambda_("check", check)]))
"""


@pytest.mark.slow
def test_tables_of_another_version(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert project.run("init").code == 0
    here = {"/srv/prices": str(tmp_path)}
    no_plugins = {"SPINE_PLUGINS_DISABLED": "board"}  # whose tables `db` would show too
    assert project.run("db", "upgrade", env=no_plugins).code == 0
    play(DOWNGRADE, tmp_path, here, no_plugins)
    play(STATUS, tmp_path, here, no_plugins)
    play(UPGRADE, tmp_path, here, no_plugins)


@pytest.fixture
def failed(tmp_path: Path) -> Project:
    """A project with a run that failed in its last step."""
    project = Project(tmp_path)
    project.write("spine.toml", '[spine]\nname = "prices"\nmodules = ["flows"]\n')
    project.write("flows.py", FLOWS)
    assert project.run("run", "prices").code == 1
    project.write("approved", "")
    return project


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "is_refused"),
    [
        ("raise ValueError", "raise TypeError", False),
        ('"prices", [', '"prices", description="of the day", timeout=600, limits={"api": 1}, steps=[', False),
        ('"check", check', '"check", check, retry_policy=RetryPolicy(max_attempts=2)', False),
        ('"load", load', '"load", print', False),
        ('[Step.lambda_("load", load), ', "[", True),
        ('"check", check)', '"check", check), Step.lambda_("publish", print)', True),
        ('"check", check', '"examine", check', True),
        ('Workflow("prices"', 'Workflow("prices.v2"', True),
    ],
)
def test_a_run_goes_on_by_a_definition_that_changed(failed: Project, old: str, new: str, is_refused: bool) -> None:
    assert old in FLOWS
    failed.write("flows.py", FLOWS.replace(old, new))
    assert (failed.call("runs", "resume", "latest").code != 0) == is_refused


@pytest.mark.slow
def test_a_step_that_is_new_is_refused_unless_forced(failed: Project) -> None:
    added = 'Step.lambda_("publish", lambda context, config: None)'
    failed.write("flows.py", FLOWS.replace('"check", check)', f'"check", check), {added}'))
    play(RESUME, failed.root, {})


def test_recover_ends_a_run_that_is_refused_as_crashed(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", '[spine]\nname = "prices"\nmodules = ["flows"]\n')
    project.write(
        "flows.py",
        FLOWS.replace('return {"rows": 3}', "os._exit(1)").replace("from pathlib", "import os\nfrom pathlib", 1),
    )
    project.run("run", "prices")
    project.write("flows.py", FLOWS.replace('"check", check', '"examine", check'))
    project.call("runs", "recover")
    [run] = project.call("runs", "list", "--json").json
    assert run["status"] == "CRASHED"
    assert "has changed since" in project.call("runs", "show", run["run_id"], "--json").json["error"]
