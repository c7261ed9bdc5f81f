"""Report of a run: a file that opens without a network, as a person who was sent it would open it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.board.browser.served import Served
from tests.board.browser.visits import Visitor, problems_of
from tests.projects import Project

pytestmark = pytest.mark.browser
RUNS = {"finra_weeks": ("finra.weekly_refresh", "COMPLETED"), "hostile": ("daily", "FAILED")}


@pytest.mark.parametrize("name", RUNS)
def test_a_report_opens_offline_without_a_request_an_error_or_a_barrier(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, visitor_of: Callable[..., Visitor]
) -> None:
    project: Project = request.getfixturevalue(name)
    workflow, status = RUNS[name]
    rows = json.loads(project.run("runs", "list", "--workflow", workflow, "--status", status, "--json").out)
    run_id = rows[0]["run_id"]
    file = tmp_path / "report.html"
    assert project.run("runs", "report", run_id, "--html", str(file)).code == 0
    visitor = visitor_of(Served(project, file.as_uri()))
    visitor.context.set_offline(True)
    page = visitor.open(file.as_uri())
    expect(page.get_by_role("heading", level=1)).to_contain_text(workflow)
    expect(page.locator("body")).to_contain_text(run_id)
    expect(page.locator("svg").first).to_be_visible()
    assert page.locator("script").count() == 0
    problems = problems_of(page)
    assert not problems, "\n".join(problems)
