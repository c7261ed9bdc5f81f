"""Every public name, option, command, table and error is on a page of the site, with a description beyond its name."""

from __future__ import annotations

import inspect
import re
import runpy
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from spine.plugins.catalog import discover
from spine.plugins.descriptors import KINDS
from spine.plugins.options import describe_options

ROOT = Path(__file__).parents[2]
REFERENCE = runpy.run_path(str(ROOT / ".ci" / "reference.py"))
NAV = (ROOT / "mkdocs.yml").read_text()


def public_names() -> list[tuple[str, str]]:
    found = []
    for module in REFERENCE["_API"]:
        names = getattr(import_module(module), "__all__", None) or [
            name for name, value in vars(import_module(module)).items() if getattr(value, "__module__", None) == module
        ]
        found += [(module, name) for name in names if not name.startswith("_")]
    return found


def words_beyond(name: str, text: str) -> list[str]:
    """Return the words of a description that are not in the name."""
    own = set(re.findall(r"[a-z]+", re.sub(r"(?<!^)(?=[A-Z])", " ", name).replace("_", " ").lower()))
    return [word for word in re.findall(r"[a-z]+", text.lower()) if word not in own | {"the", "a", "an", "of"}]


@pytest.mark.parametrize(("module", "name"), public_names())
def test_a_public_name_is_described(module: str, name: str) -> None:
    value: Any = getattr(import_module(module), name)
    if not (inspect.isclass(value) or inspect.isroutine(value)):
        assert inspect.getdoc(type(value)), f"{module}.{name}"
        return
    text = inspect.getdoc(value) if inspect.isroutine(value) else value.__doc__
    assert text, f"{module}.{name} has no docstring"
    assert words_beyond(name, text), f"{module}.{name}: {text}"


@pytest.mark.parametrize(("module", "name"), public_names())
def test_a_public_method_is_described(module: str, name: str) -> None:
    value: Any = getattr(import_module(module), name)
    if not inspect.isclass(value) or issubclass(value, Enum):
        return
    around = [other for other in vars(import_module(value.__module__)).values() if inspect.isclass(other)]
    methods = [
        member
        for member, found in vars(value).items()
        if not member.startswith("_") and (inspect.isfunction(found) or isinstance(found, classmethod | staticmethod))
    ]
    # the method of a port is described at the port, which stands or is imported where it is implemented
    described = {member for member in methods for cls in (value, *around) if inspect.getdoc(getattr(cls, member, None))}
    assert [member for member in methods if member not in described] == [], f"{module}.{name}"


@pytest.mark.parametrize("kind", sorted(kind for kind, spec in KINDS.items() if spec.section))
def test_an_option_of_a_plugin_is_described(kind: str) -> None:
    rows = [row for descriptor in discover().descriptors(kind) for row in describe_options(descriptor)]
    assert [row["option"] for row in rows if not words_beyond(row["option"], row["help"])] == []


def test_the_site_lists_every_page() -> None:
    pages = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(page for page in pages if page not in NAV) == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_a_link_is_named_by_a_subject_and_not_by_a_file(page: Path) -> None:
    assert re.findall(r"\[[^]`]*\.md\]\(", page.read_text()) == []
