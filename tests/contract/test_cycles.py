"""No two modules import one another, wherever the import stands: at the top, in a function, or as text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [path for path in ROOT.glob("spine-*/src") if path.is_dir()]
TARGET = re.compile(r"^(spine(?:_\w+)?(?:\.\w+)*):\w+$")


def module_of(path: Path, source: Path) -> str:
    parts = path.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path, source): path for source in SOURCES for path in source.rglob("*.py")}


def imports_of(module: str) -> set[str]:
    tree = ast.parse(MODULES[module].read_text())
    skipped = {node for block in ast.walk(tree) if is_for_types(block) for node in ast.walk(block)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if node not in skipped:
            found |= set(named_in(node, module))
    return {name for name in found if name in MODULES and name != module}


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def named_in(node: ast.AST, module: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            yield inner if inner in MODULES else node.module
    elif isinstance(node, ast.Constant) and not module.startswith("spine.plugins"):
        match = TARGET.match(str(node.value))
        yield from [match[1]] if match else []


def cycles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the sets of modules that reach one another (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in index:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == index[name]:
            component = set(stack[stack.index(name) :])
            del stack[stack.index(name) :]
            if len(component) > 1:
                found.append(component)

    for name in sorted(graph):
        if name not in index:
            visit(name)
    return found


@pytest.mark.slow
def test_no_module_imports_one_that_imports_it() -> None:
    found = cycles({module: imports_of(module) for module in MODULES})
    assert found == [], "move what both need into a module below them"


def test_a_planted_cycle_is_found() -> None:
    graph: dict[str, set[str]] = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}
    assert cycles(graph) == [{"b", "c"}]
