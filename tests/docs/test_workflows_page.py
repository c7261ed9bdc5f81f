"""docs/workflows.md: each rule of its tables is the docstring of a test, or a branch case; snippets run."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.orchestration.branch_cases import BRANCH_CASES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "workflows.md").read_text()
E2E = ROOT / "tests" / "e2e"
RULES = ROOT / "tests" / "orchestration" / "rules"
SECTIONS = {
    "Dry runs": "test_dry_runs.py",
    "Unchanged sources": "test_unchanged.py",
    "Retries": "test_retries.py",
    "Timeouts": "test_timeouts.py",
    "Maps": "test_maps.py",
    "Maps of many items": "test_large_maps.py",
    "Parallel branches": "test_parallels.py",
    "Waits": "test_waits.py",
}


def rules_of(section: str) -> list[str]:
    """Return the rows of the section's table."""
    text = PAGE.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| \d+ \| (.+) \|$", text, re.MULTILINE)


@pytest.mark.parametrize(("section", "file"), SECTIONS.items())
def test_every_rule_is_the_docstring_of_a_test_in_its_order(section: str, file: str) -> None:
    functions = [node for node in ast.parse((RULES / file).read_text()).body if isinstance(node, ast.FunctionDef)]
    tests = [ast.get_docstring(node) for node in functions if node.name.startswith("test_")]
    assert rules_of(section) == [" ".join((text or "").split()) for text in tests]


@pytest.mark.parametrize(
    ("section", "file"), [("Endings", "test_endings.py"), ("Failures that are allowed", "test_allowed_failures.py")]
)
def test_every_row_of_the_endings_is_the_docstring_of_a_test(section: str, file: str) -> None:
    functions = [node for node in ast.parse((E2E / file).read_text()).body if isinstance(node, ast.FunctionDef)]
    tests = [ast.get_docstring(node) for node in functions if node.name.startswith("test_")]
    rows = PAGE.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0].split("|---|\n", 1)[1].split("\n\n", 1)[0]
    assert rows.splitlines() == [f"| {' '.join((text or '').split())} |" for text in tests]


def test_every_branch_rule_is_a_case() -> None:
    assert rules_of("Branches") == [case.rule for case in BRANCH_CASES]


def test_its_python_runs() -> None:
    for snippet in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(snippet, "docs/workflows.md", "exec"), {"__name__": "workflows_page"})
