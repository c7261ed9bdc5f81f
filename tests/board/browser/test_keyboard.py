"""Boards without a mouse, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.board.browser.served import Served
from tests.board.browser.visits import Visitor

pytestmark = pytest.mark.browser
_MOST = 400  # stops of a page
_FOCUSED = """() => {
  const each = document.activeElement;
  if (each === document.body || each === null) return null;
  const style = getComputedStyle(each);
  const box = each.getBoundingClientRect();
  return {
    name: (each.getAttribute("aria-label") || each.textContent || each.name || "").trim(),
    kind: each.localName,
    isOutlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    isInView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


def stops(page: Page) -> list[dict[str, object]]:
    """Press Tab until the focus leaves the page, and return where it was."""
    found: list[dict[str, object]] = []
    while len(found) < _MOST:
        page.keyboard.press("Tab")
        stop = page.evaluate(_FOCUSED)
        if stop is None:
            break
        found.append(stop)
    return found


def tab_to(page: Page, kind: str, name: str) -> None:
    """Press Tab until the element is in focus."""
    for _ in range(_MOST):
        page.keyboard.press("Tab")
        stop = page.evaluate(_FOCUSED)
        if stop and (stop["kind"], stop["name"]) == (kind, name):
            return
    pytest.fail(f"the focus never reached {kind} {name}")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    "location", ["/", "/runs", "/workflows/good", "/schedules/nightly", "/alerts", "/partitions/daily"]
)
def test_the_focus_goes_through_all_that_can_be_used_and_is_seen(
    location: str, width: int, acting: Served, token: str, visitor_of: Callable[..., Visitor]
) -> None:
    visitor = visitor_of(acting, width=width)
    page = visitor.log_in(token)
    page.goto(location)
    found = stops(page)
    assert [stop for stop in found if not stop["isOutlined"] or not stop["isInView"]] == []
    names = [stop["name"] for stop in found]
    assert names[0] == "Skip to the content"
    menu = page.get_by_role("navigation", name="Pages").get_by_role("link").all_inner_texts()
    assert names[2 : 2 + len(menu)] == menu
    buttons = page.get_by_role("main").get_by_role("button").all_inner_texts()
    assert [stop["name"] for stop in found if stop["kind"] == "button"] == [*buttons, "Log out"]


def test_the_first_link_leads_past_the_menu(acting: Served, visitor_of: Callable[..., Visitor]) -> None:
    page = visitor_of(acting).open("/runs")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("main").get_by_label("Workflow")).to_be_focused()


def test_a_run_is_started_with_the_keyboard_alone(
    acting: Served, token: str, visitor_of: Callable[..., Visitor]
) -> None:
    page = visitor_of(acting).open("/login?next=/workflows/good")
    expect(page.get_by_label("Token")).to_be_focused()
    page.keyboard.type(token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("good")
    tab_to(page, "button", "Run")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("COMPLETED")


def test_the_search_is_reached_and_sent_with_the_keyboard(acting: Served, visitor_of: Callable[..., Visitor]) -> None:
    page = visitor_of(acting).open("/")
    tab_to(page, "input", "q")
    page.keyboard.type("daily")
    page.keyboard.press("Enter")
    page.get_by_role("main").get_by_role("link", name="daily").first.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("daily")


def test_all_works_without_scripts(acting: Served, token: str, visitor_of: Callable[..., Visitor]) -> None:
    visitor = visitor_of(acting, script=False)
    page = visitor.log_in(token)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_be_visible()
    page.goto("/workflows/good")
    page.get_by_role("main").get_by_role("button", name="Run").click()
    expect(heading).to_contain_text("good")
    page.get_by_role("link", name="Runs", exact=True).first.click()
    page.get_by_role("main").get_by_label("Workflow").select_option("good")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("workflow=good"))
    expect(page.get_by_role("row", name="good").first).to_be_visible()
    page.get_by_role("link", name="Took").click()
    expect(page.get_by_role("columnheader", name="Took")).not_to_have_attribute("aria-sort", "none")
    page.goto("/schedules/nightly")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("on")
    page.get_by_role("button", name="Log out").click()
    expect(heading).to_have_text("Log in")
