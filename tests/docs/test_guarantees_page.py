"""docs/explanation/guarantees.md: every line names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "guarantees.md").read_text()
LINES = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")][2:]


@pytest.mark.parametrize("cells", LINES, ids=lambda cells: cells[0][:40])
def test_a_guarantee_names_the_tests_that_show_it(cells: list[str]) -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", cells[-1])
    assert named
    assert [path for path in named if "def test_" not in (ROOT / path).read_text()] == []
