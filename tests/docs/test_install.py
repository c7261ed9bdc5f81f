"""docs/how-to/install.md: what it installs exists, in the ways of the README, and its project runs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.commands import play
from tests.docs.pages import blocks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "install.md").read_text()
PROJECTS = {
    path.parent.name: tomllib.loads(path.read_text())["project"] for path in ROOT.glob("spine-*/pyproject.toml")
}
EXTRAS = PROJECTS["spine-core"]["optional-dependencies"]
OF_OTHERS = {"spine-sources-ftp"}  # the plugin of an example
TIERS = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE)
LINES = [
    pytest.param(line, id=f"{path.name}: {line}")
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for line in re.findall(r"pip install (?:--[\w-]+ \w+ )*([^`|\n#]*spine-[^`|\n#]*)", path.read_text())
]


@pytest.mark.parametrize(("tier", "about"), TIERS)
def test_a_tier_adds_the_distributions_that_the_page_says(tier: str, about: str) -> None:
    adds = {re.split(r"[>=<]", each)[0] for each in EXTRAS[tier] if "[" not in each}
    assert set(re.findall(r"`([\w-]+)`", about)) == adds


def test_the_tiers_are_in_their_order() -> None:
    names = [tier for tier, _ in TIERS]
    assert [f"spine-core[{name}]" for name in names[:-1]] == [EXTRAS[name][0] for name in names[1:]]


def test_the_three_ways_are_those_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    ways = re.findall(r"^\$ (pip install .*)$", PAGE, re.MULTILINE)
    assert len(ways) == 3
    assert [way for way in ways if way not in readme] == []


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_any_page_installs_what_exists(line: str) -> None:
    for name, extra in re.findall(r"(spine-[a-z-]+)(?:\[(\w+)\])?", line):
        known = PROJECTS.get(name, {})
        assert known or name in OF_OTHERS
        assert extra in {"", "TIER", *known.get("optional-dependencies", {})}


@pytest.mark.parametrize("page", ["index.md", "tutorial.md"])
def test_the_first_pages_lead_to_it(page: str) -> None:
    assert "(how-to/install.md)" in (ROOT / "docs" / page).read_text()


@pytest.mark.slow
def test_its_project_runs(tmp_path: Path) -> None:
    [started] = [block for block in blocks(PAGE, "console") if "spine init" in block]
    for command in re.split(r"^(?=\$ )", started, flags=re.MULTILINE)[1:]:
        folder = tmp_path if "init" in command else tmp_path / "myproj"
        play(command, folder, {"/home/ann/spine": str(tmp_path)})
