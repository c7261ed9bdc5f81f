"""docs/doctor.md: its table has a row for each kind of finding."""

from __future__ import annotations

import re
from pathlib import Path

from spine.plugins.descriptors import SECTIONS
from tests.projects import Project

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text()
FIRST_COLUMN = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
CHECKS = {check for cell in FIRST_COLUMN for check in re.findall(r"`([^`]+)`", cell)}


def test_each_line_of_a_report_is_in_the_table(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", "[channels.ops]\ntype = 'console'\n[sources.feed]\ntype = 'gone'\n[spin]\n")
    known = {check.split()[0] for check in CHECKS} | {"workflows", "schedules", "runs", "backfills"}  # counts
    found = {row["check"].split()[0] for row in project.call("doctor", "--json").json}
    assert found - known == set()


def test_each_kind_of_declaration_is_in_the_table() -> None:
    kinds = {f"{str(spec.section).removesuffix('s')} NAME" for spec in SECTIONS.values()}
    assert kinds - CHECKS == set()
