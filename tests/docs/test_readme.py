"""The README's claims hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import alike, blocks
from tests.projects import Project

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@pytest.mark.slow
def test_the_demo_prints_what_the_readme_shows(finra: Project) -> None:
    [shown] = blocks(README, "text")
    printed = finra.run("-q", "run", "finra.weekly_refresh", "-p", "week=20251229").out
    assert alike(printed) == alike(shown)


@pytest.fixture
def shown(tmp_path: Path) -> Project:
    """Return the project that the README shows."""
    project, ([settings], [code]) = Project(tmp_path), (blocks(README, "toml"), blocks(README, "python"))
    project.write("spine.toml", settings)
    project.write("flows.py", code)
    return project


@pytest.mark.slow
def test_the_project_that_it_shows_prints_what_it_says(shown: Project) -> None:
    command, *lines = blocks(README, "console")[0].splitlines()
    shown.write("incoming/trades_2026-01-05.csv", "symbol,shares\nACME,100\nBOLT,20\nACME,-40\n")
    printed = shown.run("-q", *command.removeprefix("$ spine ").split()).out
    assert alike(printed) == alike("\n".join(lines))


def test_the_project_that_it_shows_fails_with_the_error_of_its_source(shown: Project) -> None:
    failed = shown.run("run", "daily", "-p", "day=2026-01-06")
    assert failed.code == 1
    assert "trades_2026-01-06.csv does not exist" in failed.out
    assert "SourceNotFoundError at flows.py:6 in load" in failed.out


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 90


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_commands_it_names_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^\$ make (\w+)", README, re.MULTILINE)) <= targets
