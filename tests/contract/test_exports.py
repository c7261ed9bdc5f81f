"""An `__init__` that imports or defines names says in `__all__` which of them it exports."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    ".".join(path.relative_to(source).parent.parts): path
    for source in ROOT.glob("spine-*/src")
    for path in source.rglob("__init__.py")
    if "scaffold" not in path.parent.parent.parts
}
WITH_CODE = sorted(name for name, path in PACKAGES.items() if len(ast.parse(path.read_text()).body) > 1)


def exported(package: str) -> list[str]:
    for node in ast.parse(PACKAGES[package].read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    raise AssertionError(f"{package} has code and no __all__")


@pytest.mark.parametrize("package", WITH_CODE)
def test_a_package_exports_names_that_it_has(package: str) -> None:
    names = exported(package)
    module = import_module(package)
    assert [name for name in names if not hasattr(module, name)] == []
    assert len(names) == len(set(names))


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_says_what_it_is(package: str) -> None:
    text = ast.get_docstring(ast.parse(PACKAGES[package].read_text())) or ""
    assert text.partition("\n")[0].endswith(".")
