"""Ends of a map's items, summed by the database."""

from __future__ import annotations

from pathlib import Path

from spine.project import open_project
from spine.testing import make_project
from tests.projects import Project

FLOWS = """
from spine import Step, Workflow, workflow_registry

def body(context, item):
    if item % 1000 == 17:
        raise ValueError("no")
    return item

def many(context):
    return range(int(context.params["count"]))

each = Step.map("each", many, function=body, tolerated_failures=9, collect=False)
workflow_registry.register(Workflow("many", [each]))
"""


def _ends(tmp_path: Path, database_url: str, count: int) -> list[dict[str, object]]:
    settings = f'[spine]\nmodules = ["flows"]\ndatabase = "{database_url}"\n'
    folder = make_project(tmp_path / "project", spine_toml=settings, flows=FLOWS)
    assert Project(folder).call("db", "upgrade").code == 0
    with open_project(folder) as project:
        return project.runs.item_ends(project.run("many", {"count": str(count)}).run_id)


def test_few_items_are_a_row_each(tmp_path: Path, database_url: str) -> None:
    found = _ends(tmp_path, database_url, 30)
    assert [row["items"] for row in found] == [1] * 30
    assert {row["step_name"] for row in found} == {"each"}
    assert [row["status"] for row in found].count("FAILED") == 1


def test_many_items_are_summed_with_their_neighbours_of_the_same_status(tmp_path: Path, database_url: str) -> None:
    found = _ends(tmp_path, database_url, 2_500)
    assert len(found) < 1_100
    assert sum(row["items"] for row in found if row["status"] == "COMPLETED") == 2_497
    assert [row["items"] for row in found if row["status"] == "FAILED"] == [1, 1, 1]
    assert all(row["completed_at"] is not None for row in found)


def test_a_run_without_a_map_has_none(tmp_path: Path, database_url: str) -> None:
    assert _ends(tmp_path, database_url, 0) == []
