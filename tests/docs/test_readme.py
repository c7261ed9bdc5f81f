"""The README's claims hold."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.pages import alike, blocks
from tests.projects import Project

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_demo_prints_what_the_readme_shows(finra: Project) -> None:
    [shown] = blocks(README, "text")
    printed = finra.run("-q", "run", "finra.weekly_refresh", "-p", "week=20251229").out
    assert alike(printed) == alike(shown)


def test_every_distribution_is_in_the_table() -> None:
    distributions = {path.parent.name for path in ROOT.glob("spine-*/pyproject.toml")}
    assert set(re.findall(r"^\| \[(spine-[\w-]+)\]", README, re.MULTILINE)) == distributions


def test_it_fits_on_a_screen() -> None:
    assert len(README.splitlines()) <= 60


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_commands_it_names_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^\$ make (\w+)", README, re.MULTILINE)) <= targets
