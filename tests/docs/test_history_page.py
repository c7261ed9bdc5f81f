"""docs/history.md names every table and column, and its commands run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from spine.db.loads.ledger import core_loads
from spine.storage.tables.complete import metadata
from tests.projects import Project

TABLES = {**metadata.tables, core_loads.name: core_loads}  # the latter is in the databases that are loaded into
PAGE = (Path(__file__).parents[2] / "docs" / "history.md").read_text()


def test_every_table_is_described() -> None:
    assert sorted(re.findall(r"^### (\w+)", PAGE, re.MULTILINE)) == sorted(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_named_in_its_order(table: str) -> None:
    section = PAGE.split(f"### {table}\n", 1)[1].split("\n### ", 1)[0]
    last = section.strip().split("\n\n")[-1]
    columns = [column.name for column in TABLES[table].columns]
    listed = ", ".join(f"`{name}`" for name in columns)
    assert re.findall(r"`(\w+)`", last) == columns, f"docs/history.md: end the section {table} with\n{listed}"


@pytest.mark.parametrize("command", re.findall(r"^\$ spine (.+)$", PAGE, re.MULTILINE))
def test_its_commands_run(command: str, make_scratch: Callable[[], Project]) -> None:
    assert make_scratch().call(*command.split()).code == 0


@pytest.fixture
def make_scratch(tmp_path: Path) -> Callable[[], Project]:
    def make() -> Project:
        project = Project(tmp_path)
        project.write("spine.toml", '[spine]\nname = "scratch"\n')
        assert project.call("db", "upgrade").code == 0
        return project

    return make
