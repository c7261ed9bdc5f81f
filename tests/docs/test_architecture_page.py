"""The architecture page: each file and name in its call paths exists, and its layers are those of the contract."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPINE = ROOT / "spine-core" / "src" / "spine"
PAGE = " ".join((ROOT / "docs" / "architecture.md").read_text().split())
WALKS = PAGE.partition("## Call paths")[2]
PLACES = re.compile(r"`(\w+/[\w/]+\.py)`(?:: ((?:`[\w.]+`(?:, | and )?)+))?")
NAMED = [(path, name) for path, names in PLACES.findall(WALKS) for name in re.findall(r"`([\w.]+)`", names) or [""]]


def names_in(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{item.name}" for item in node.body if isinstance(item, ast.FunctionDef)}
    return found


def test_there_are_five_walks() -> None:
    assert len(re.findall(r"### ", WALKS)) == 5
    assert len(NAMED) > 50


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_a_place_in_a_walk_exists(path: str, name: str) -> None:
    assert (SPINE / path).is_file(), f"{path} is gone: correct docs/architecture.md"
    assert not name or name in names_in(SPINE / path), f"{path} has no {name}: correct docs/architecture.md"


def test_the_layers_are_in_the_order_of_the_import_contract() -> None:
    table = PAGE.partition("## Layers")[2].partition("## Ports")[0]
    shown = re.findall(r"\| `(spine\.\w+)` \|", table)
    contract = (ROOT / "pyproject.toml").read_text().partition("layers = [")[2].partition("]")[0]
    layers = re.findall(r'"(spine\.\w+)"', contract)
    assert shown == [*layers, "spine.core"]
