"""Hostile names, data and addresses: they are shown as text, and do nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.board.browser.served import Served, serve
from tests.board.browser.visits import Visitor
from tests.board.market import SCRIPT
from tests.projects import Project

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def board(hostile: Project) -> Iterator[Served]:
    with serve(hostile) as served:
        yield served


@pytest.mark.parametrize(
    "location", ["/captures/prices", "/sources/prices", "/partitions/listed", "/alerts", "/runs?workflow=listed"]
)
def test_a_script_in_a_name_or_in_data_is_text(
    location: str, board: Served, visitor_of: Callable[..., Visitor]
) -> None:
    page = visitor_of(board).open(location)
    expect(page.get_by_role("main")).to_contain_text(SCRIPT)
    scripts = page.eval_on_selector_all("script", "all => all.map(each => each.getAttribute('src'))")
    assert set(scripts) <= {"/static/board.js"}
    text = page.locator("html").inner_text()
    assert not any(sign in text + page.title() for sign in "\u202e\x1b")


@pytest.mark.parametrize(
    "location",
    [
        "/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/runs?workflow=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&schedule=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
        "/login?next=javascript:alert(1)",
        "/partitions/listed?state=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    ],
)
def test_a_script_in_an_address_is_text(location: str, board: Served, visitor_of: Callable[..., Visitor]) -> None:
    page = visitor_of(board).open(location)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.locator("img, script:not([src])").count() == 0


def test_both_schemes_have_their_own_colours(board: Served, visitor_of: Callable[..., Visitor]) -> None:
    page = visitor_of(board).open("/runs")
    brightness = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours = page.evaluate("""() => {
          const style = getComputedStyle(document.body);
          return [style.backgroundColor, style.color].map((text) => Math.max(...text.match(/\\d+/g).map(Number)));
        }""")
        brightness[scheme] = colours[0] > colours[1]
    assert brightness == {"light": True, "dark": False}
