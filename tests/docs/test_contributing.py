"""CONTRIBUTING.md: every path, name and make target that it mentions exists."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = " ".join((ROOT / "CONTRIBUTING.md").read_text().split())
PLACES = re.compile(r"`([\w.-]+/[\w./-]+)`(?:: ((?:`[\w.]+`(?:, | and | or )?)+))?")
NAMED = sorted(
    {
        (path, name)
        for path, names in PLACES.findall(PAGE)
        if "NAME" not in path
        for name in re.findall(r"`([\w.]+)`", names) or [""]
    }
)


def names_in(body: list[ast.stmt], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(prefix + node.name)
        if isinstance(node, ast.ClassDef):
            found |= names_in(node.body, f"{node.name}.")
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {prefix + target.id for target in targets if isinstance(target, ast.Name)}
    return found


def test_it_names_places_for_each_list() -> None:
    assert len(re.findall(r" ## Add ", PAGE)) == 5
    assert len(NAMED) > 40


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_place_exists(path: str, name: str) -> None:
    assert (ROOT / path).exists(), f"{path} is gone: correct CONTRIBUTING.md"
    if name:
        known = names_in(ast.parse((ROOT / path).read_text()).body)
        assert name in known, f"{path} has no {name}: correct CONTRIBUTING.md"


def test_its_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", PAGE)) <= targets


def test_each_distribution_has_a_version_and_a_changelog_that_begins_with_it() -> None:
    for folder in ROOT.glob("spine-*"):
        version = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]
        newest = re.findall(r"^## (\S+) \(.+\)$", (folder / "CHANGELOG.md").read_text(), re.MULTILINE)[0]
        assert newest == version, f"{folder.name}: the version and the topmost entry of CHANGELOG.md differ"
