"""examples/README.md names every example, and links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGES = sorted(EXAMPLES.glob("**/README.md"))


def test_every_example_is_in_the_table() -> None:
    named = re.findall(r"^\| \[(\w+)\]", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(path.parent.name for path in EXAMPLES.glob("*/spine.toml"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_links_and_scripts_exist(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert (page.parent / target).exists(), target
    for script in re.findall(r"\bexamples/\w+/demo\.sh", text):
        assert (EXAMPLES.parent / script).stat().st_mode & 0o100, script
