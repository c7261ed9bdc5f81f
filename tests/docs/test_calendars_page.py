"""docs/how-to/calendars.md: its files make a project whose commands print, in December 2026, what is shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spine.plugins.catalog import discover
from spine.testing import FixedClock
from tests.docs.pages import Block, all_blocks
from tests.projects import Project

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "calendars.md").read_text()
NAMED = re.compile(r"(?:Write|(Add to)) `([\w.]+)`:$")
DECEMBER = datetime(2026, 12, 23, 12, tzinfo=UTC)


@pytest.mark.slow
def test_its_files_are_a_project_that_prints_what_is_shown(tmp_path: Path, fixed_clock: FixedClock) -> None:
    fixed_clock.set(DECEMBER)
    project, shown = Project(tmp_path), 0
    for block in all_blocks(PAGE):
        if named := NAMED.search(block.introduction):
            before = (tmp_path / named[2]).read_text() if named[1] else ""
            project.write(named[2], f"{before}\n{block.text}" if before else block.text)
        elif "pip install" not in block.text:
            check(project, block)
            shown += 1
    assert shown == 3


def check(project: Project, block: Block) -> None:
    command, *lines = block.text.splitlines()
    outcome = project.call(*command.removeprefix("$ spine ").split())
    printed = [" ".join(line.split()) for line in outcome.out.replace(f"{project.root}/", "").splitlines()]
    expected = [" ".join(line.split()) for line in lines]
    if command == "$ spine doctor":  # the page shows the lines that are about calendars
        start = printed.index(expected[0])
        printed = printed[start : start + len(expected)]
    assert printed == expected, outcome.err


@pytest.mark.parametrize("name", ["file", "holidays", "exchange"])
def test_its_table_names_the_types_that_are_there(name: str) -> None:
    assert name in {descriptor.name for descriptor in discover().descriptors("calendar")}
    assert f"| `{name}` |" in PAGE
