"""Metadata of each distribution, tiers, and lower bounds; `make release-check` looks at the built archives."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECTS = {
    path.parent.name: tomllib.loads(path.read_text())["project"] for path in sorted(ROOT.glob("spine-*/pyproject.toml"))
}
EXTRAS = PROJECTS["spine-core"]["optional-dependencies"]
TIERS = ("basic", "intermediate", "advanced", "full")
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", PROJECTS)
def test_it_has_the_licence_of_the_repository(name: str) -> None:
    assert PROJECTS[name]["license-files"] == ["LICENSE"]
    assert (ROOT / name / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes(), "copy LICENSE into the folder"


@pytest.mark.parametrize("name", PROJECTS)
def test_it_says_who_made_it_where_it_runs_and_how_to_find_it(name: str) -> None:
    project = PROJECTS[name]
    assert project["authors"] == PROJECTS["spine-core"]["authors"]
    assert len(project["keywords"]) > 3
    assert project["urls"]["License"] == "https://spdx.org/licenses/MIT.html"
    common = {text for text in PROJECTS["spine-core"]["classifiers"] if not text.startswith(("Environment", "Topic"))}
    assert "Operating System :: POSIX" in common
    assert common <= set(project["classifiers"]), "copy the classifiers of spine-core"


@pytest.mark.parametrize("name", PROJECTS)
def test_the_links_of_its_readme_work_on_an_index_page(name: str) -> None:
    links = re.findall(r"\]\(([^)\s]+)", (ROOT / name / "README.md").read_text())
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


@pytest.mark.parametrize("name", PROJECTS)
def test_each_requirement_has_a_lower_bound(name: str) -> None:
    project = PROJECTS[name]
    texts = sum(project.get("optional-dependencies", {}).values(), start=project["dependencies"])
    wanted = [each for each in map(Requirement, texts) if each.name != name]
    assert [str(each) for each in wanted if not any(bound.operator == ">=" for bound in each.specifier)] == []


def test_every_distribution_is_in_one_tier_that_the_readme_names() -> None:
    rows = re.findall(r"^\| (\w+) \| (\[spine-.+) \|$", README, re.MULTILINE)
    listed = {name: tier for tier, text in rows for name in re.findall(r"\[(spine-[\w-]+)\]", text)}
    of_tiers = {each.name: tier for tier in TIERS for each in map(Requirement, EXTRAS[tier]) if not each.extras}
    assert {**of_tiers, "spine-core": "basic"} == listed
    assert listed.keys() == PROJECTS.keys(), "add the distribution to a tier in spine-core/pyproject.toml"


def test_a_tier_has_those_before_it() -> None:
    for tier, lower in zip(TIERS[1:], TIERS, strict=False):
        assert f"spine-core[{lower}]" in EXTRAS[tier]
