"""docs/schedules.md: its settings are valid, and its table names every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spine.scheduling.declare import KEYS
from tests.projects import Project

PAGE = (Path(__file__).parents[2] / "docs" / "schedules.md").read_text()
FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

for name in ("finra.weekly_refresh", "prices", "clean", "publish", "load"):
    workflow_registry.register(Workflow(name, [Step.lambda_("load", lambda context, config: None)]))
"""
COMMANDS = [line.split("#")[0].split()[2:] for line in PAGE.splitlines() if line.startswith("$ spine ")]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    settings = "\n".join(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
    project.write("spine.toml", f'[spine]\nmodules = ["flows"]\n{settings}')
    project.write("flows.py", FLOWS)
    return project


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_works_with_its_settings(project: Project, command: list[str]) -> None:
    assert project.call(*command).code == 0


def test_every_key_is_explained() -> None:
    table = PAGE.split("| key |")[1].split("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", table)) | {"workflow", "pipeline", "params", "timezone"}
    assert set(KEYS) <= named
