"""docs/how-to/environments.md: its files and commands work together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spine.config.load import load_settings
from tests.projects import Project

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "environments.md").read_text()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    for name, text in re.findall(r"`([\w.]+)`:\n\n```toml\n(.*?)```", PAGE, re.DOTALL):
        made.write(name, text)
    return made


def test_the_second_file_goes_over_the_first(project: Project) -> None:
    settings = load_settings(project.root, {"SPINE_ENV": "prod"})
    assert (settings.name, settings.scheduler.workers, settings.scheduler.keep_days) == ("prices", 8, 400)
    assert settings.databases["warehouse"].options["path"] == "/srv/prices/warehouse.db"
    assert load_settings(project.root, {}).scheduler.workers == 2


def test_its_command_names_the_file_of_each_setting(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    [command] = re.findall(r"^\$ SPINE_ENV=prod spine (config .+)$", PAGE, re.MULTILINE)
    monkeypatch.setenv("SPINE_ENV", "prod")
    shown = project.call(*command.split()).out
    assert re.search(r"scheduler\.workers +8 +spine\.prod\.toml", shown)
