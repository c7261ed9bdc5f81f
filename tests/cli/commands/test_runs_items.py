"""`spine runs items`: the items of a map step, page by page."""

from __future__ import annotations

import re
from collections.abc import Callable

from spine.project import open_project
from tests.projects import Project

Make = Callable[..., Project]

FLOWS = """
from spine import Step, Workflow, workflow_registry

def body(context, item):
    if item % 1000 == 17:
        raise ValueError(f"{item} is \\x1b[31mbad")
    return {"n": item}

def many(context):
    return range(2500)

each = Step.map("each", many, function=body, tolerated_failures=9, collect=False)
workflow_registry.register(Workflow("many", [each]))
workflow_registry.register(Workflow("two", [each, Step.map("more", many, function=body, tolerated_failures=9)]))
workflow_registry.register(Workflow("none", [Step.lambda_("only", lambda context, config: {})]))
"""

AMOUNTS = """
from decimal import Decimal
from spine import Step, Workflow, workflow_registry

def body(context, item):
    return {"amount": str(Decimal(item["amount"]))}

def rows(context):
    amounts = ["1", "12,5", "2", "3"]
    return [{"amount": each, "id": f"B{n}", "token": "hunter2secret"} for n, each in enumerate(amounts, 1)]

each = Step.map("each", rows, function=body, item_key="id", max_concurrency=1)
workflow_registry.register(Workflow("amounts", [each]))
"""


def _project(scratch_project: Make, workflow: str = "many") -> Project:
    project = scratch_project()
    project.write("flows.py", FLOWS)
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    project.call("run", workflow)
    return project


def test_items_are_listed_in_order_and_the_next_page_is_named(scratch_project: Make) -> None:
    project = _project(scratch_project)
    lines = project.call("runs", "items", "latest").out.splitlines()
    assert len(lines) == 1 + 20 + 1
    assert lines[1].split() == ["0", "COMPLETED", "1", "0.00", "s", '{"n":', "0}"]
    assert lines[-1] == "next page: spine runs items latest each --after 19"
    assert "17  FAILED" in lines[18]
    assert "\x1b" not in lines[18]
    assert project.call("runs", "items", "latest", "each", "--after", "2497").out.count("COMPLETED") == 2


def test_failed_items_alone(scratch_project: Make) -> None:
    project = _project(scratch_project)
    assert [row["item_index"] for row in project.call("runs", "items", "latest", "--failed", "--json").json] == [
        17,
        1017,
        2017,
    ]
    page = project.call("runs", "items", "latest", "--failed", "-n", "2").out
    assert page.splitlines()[-1] == "next page: spine runs items latest each --failed --after 1017"
    assert project.call("runs", "items", "latest", "--failed", "--after", "2017").out == "no item failed\n"


def test_a_failed_item_is_named_by_its_value_and_those_not_tried_are_counted(scratch_project: Make) -> None:
    project = scratch_project()
    project.write("flows.py", AMOUNTS)
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    failed = project.call("run", "amounts")
    error = "item 1 (id=B2, amount=12,5, token=********) failed: InvalidOperation: ConversionSyntax; 2 items not tried"
    assert error in failed.out
    items = project.call("runs", "items", "latest", "--failed")
    assert "id=B2, amount=12,5" in items.out
    assert "InvalidOperation: ConversionSyntax" in items.out
    shown = project.call("runs", "show", "latest")
    assert re.search(r"each +NOT_TRIED +2\n", shown.out)
    assert "id=B2, amount=12,5" in shown.out
    assert "spine runs items" in shown.out
    (row,) = project.call("runs", "items", "latest", "--failed", "--json").json
    assert row["item"] == "id=B2, amount=12,5, token=********"
    assert "item" not in row["failure"]
    for screen in (failed, items, shown):
        assert "hunter2secret" not in screen.out + screen.err
        assert "<class" not in screen.out + screen.err


def test_a_page_of_any_size_is_one_json_array_with_failures_and_results(scratch_project: Make) -> None:
    rows = _project(scratch_project).call("runs", "items", "latest", "--json", "-n", "2400", "--after", "9").json
    assert [row["item_index"] for row in rows] == list(range(10, 2410))
    assert rows[0]["output"] == {"n": 10}
    assert rows[7]["failure"]["type"] == "ValueError"


def test_a_step_is_named_where_there_are_several(scratch_project: Make) -> None:
    project = _project(scratch_project, "two")
    assert "has several map steps: name one of each, more" in project.call("runs", "items", "latest").err
    assert "has no map step 'mor'; did you mean 'more'?" in project.call("runs", "items", "latest", "mor").err
    assert project.call("runs", "items", "latest", "more").code == 0
    project.call("run", "none")
    assert "has reached no map step" in project.call("runs", "items", "latest").err


def test_no_items(scratch_project: Make) -> None:
    project = _project(scratch_project)
    done = project.call("runs", "items", "latest", "--after", "5000")
    assert (done.code, done.out) == (0, "no item has ended\n")
    assert project.call("runs", "items", "latest", "--after", "5000", "--json").json == []


def test_pages_of_the_library(scratch_project: Make) -> None:
    project = _project(scratch_project)
    with open_project(project.root, {}) as opened:
        run_id = opened.runs.find("latest")["run_id"]
        page = opened.runs.list_items(run_id, "each", limit=1000)
        assert (len(page), page.next) == (1000, "999")
        pages = [len(page) for page in opened.runs.item_pages(run_id, "each")]
        assert pages == [1000, 1000, 500]
