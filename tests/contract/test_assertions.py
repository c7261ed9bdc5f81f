"""Each test can fail: it asserts, expects an exception, runs a text that must run, or calls a helper that does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = sorted(path for path in ROOT.glob("tests/**/test_*.py") if "seed" not in path.parts)
HELPERS = [*ROOT.glob("tests/**/*.py"), *ROOT.glob("spine-core/src/spine/testing/**/*.py")]
JUDGES = {"raises", "warns", "fail", "run_path", "exec", "expect"}  # `expect` is of playwright


def calls(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            yield call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def judges(node: ast.AST) -> bool:
    return any(isinstance(item, (ast.Assert, ast.Raise)) for item in ast.walk(node)) or not JUDGES.isdisjoint(
        calls(node)
    )


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield node


@cache
def asserting() -> set[str]:
    """Return the names of the functions that assert; not at the import, which every collection of tests waits for."""
    return {function.name for path in HELPERS for function in functions(path) if judges(function)}


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_test_of_a_file_can_fail(path: Path) -> None:
    found = [
        f"{path.name}:{test.lineno} {test.name}"
        for test in functions(path)
        if test.name.startswith("test_") and not judges(test) and asserting().isdisjoint(calls(test))
    ]
    assert found == [], "assert what the test is about"


def test_a_test_without_an_assertion_is_found() -> None:
    planted = ast.parse("def test_a():\n    list(range(3))\n")
    assert not judges(planted)
    assert asserting().isdisjoint(calls(planted))
