"""Live pages: what happens appears in them without a reload."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.board.browser.served import Served
from tests.board.browser.visits import Visitor, is_marked, mark

pytestmark = pytest.mark.browser


def test_a_run_appears_and_proceeds_without_a_reload(acting: Served, visitor_of: Callable[..., Visitor]) -> None:
    visitor = visitor_of(acting)
    runs, now = visitor.open("/runs"), visitor.open("/")
    for page in (runs, now):
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        mark(page)
    running = acting.project.start("run", "held")
    try:
        expect(now.get_by_role("region", name="Runs that have not ended")).to_contain_text("held")
        row = runs.get_by_role("row", name="held")
        expect(row).to_contain_text("RUNNING")
        assert is_marked(runs)
        row.get_by_role("link", name="held").click()
        heading = runs.get_by_role("heading", level=1)
        expect(heading).to_contain_text("RUNNING")
        mark(runs)
        (acting.project.root / "released").touch()
        expect(heading).to_contain_text("COMPLETED")
        expect(runs.get_by_role("main")).to_contain_text("2 of 2 completed")
        expect(now.get_by_role("region", name="Runs that have not ended")).to_have_count(0)
        assert is_marked(runs)
        assert is_marked(now)
    finally:
        (acting.project.root / "released").touch()
        running.communicate()


def test_what_is_open_and_in_focus_stays_so_when_a_page_is_renewed(
    acting: Served, visitor_of: Callable[..., Visitor]
) -> None:
    page = visitor_of(acting).open("/runs")
    acting.project.run("run", "good")
    link = page.get_by_role("row", name="good").first.get_by_role("link", name="good")
    expect(link).to_be_visible()
    sort = page.get_by_role("link", name="Started")
    sort.focus()
    mark(page)
    count = page.get_by_role("row", name="good").count()
    acting.project.run("run", "good")
    expect(page.get_by_role("row", name="good")).to_have_count(count + 1)
    expect(sort).to_be_focused()
    assert is_marked(page)
