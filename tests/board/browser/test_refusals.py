"""Refusals in the browser: no token, a wrong one, a form of elsewhere, another host, another origin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.board.browser.served import Served, add_token, serve
from tests.board.browser.visits import Visitor

pytestmark = pytest.mark.browser
ACTION = "schedules/nightly/pause"
HOSTILE_PAGES = {
    "form.html": '<form action="{url}{action}" method="post"><button>Win</button></form>',
    "frame.html": '<iframe src="{url}" title="framed"></iframe>',
    "read.html": (
        '<p id="told"></p><script>fetch("{url}runs", {{credentials: "include"}}).then(answer => answer.text())'
        '.then(text => told.textContent = "read it", () => told.textContent = "could not read it")</script>'
    ),
}


@pytest.fixture(scope="module")
def reading(acting: Served) -> Iterator[Served]:
    """Serve the same project without actions."""
    with serve(acting.project) as served:
        yield served


@pytest.fixture
def elsewhere(acting: Served, tmp_path: Path) -> Iterator[str]:
    """Serve pages of somebody else from another port, and return their address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the name of the base class
            pass

    for name, text in HOSTILE_PAGES.items():
        (tmp_path / name).write_text("<!doctype html><title>x</title>" + text.format(url=acting.url, action=ACTION))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f":{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def visitor(acting: Served, visitor_of: Callable[..., Visitor]) -> Visitor:
    return visitor_of(acting)


def assert_nothing_was_paused(board: Served, visitor_of: Callable[..., Visitor]) -> None:
    page = visitor_of(board).open("/schedules/nightly")
    expect(page.get_by_role("heading", level=1)).to_have_text("nightly on")


def submit(page: Page, board: Served) -> int:
    """Send a form of this page to the board, without the text of its forms; return the status of the answer."""
    make = """url => {
      const form = document.createElement("form");
      form.method = "post";
      form.action = url;
      document.body.append(form);
      form.submit();
    }"""
    with page.expect_navigation() as navigation:
        page.evaluate(make, board.url + ACTION)
    assert navigation.value is not None
    return navigation.value.status


def test_without_a_login_there_is_no_action_and_none_is_accepted(
    acting: Served, visitor: Visitor, visitor_of: Callable[..., Visitor]
) -> None:
    page = visitor.open("/schedules/nightly")
    expect(page.locator('main form[method="post"]')).to_have_count(0)
    assert submit(page, acting) == 401
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_nothing_was_paused(acting, visitor_of)


def test_a_wrong_token_does_not_log_in(visitor: Visitor) -> None:
    page = visitor.open("/login")
    page.get_by_label("Token").fill("spine_board_wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("no token of this board")
    page.goto("/")
    expect(page.get_by_role("contentinfo")).to_contain_text("log in")


def test_a_form_with_another_text_is_refused(
    acting: Served, token: str, visitor: Visitor, visitor_of: Callable[..., Visitor]
) -> None:
    page = visitor.log_in(token)
    page.goto("/schedules/nightly")
    page.eval_on_selector_all("input[name=csrf]", "all => all.forEach(each => { each.value = 'guess'; })")
    with page.expect_navigation() as navigation:
        page.get_by_role("button", name="Pause").click()
    assert navigation.value is not None
    assert navigation.value.status == 403
    assert submit(page, acting) == 403
    assert_nothing_was_paused(acting, visitor_of)


def test_a_token_that_was_removed_acts_no_more(
    acting: Served, visitor: Visitor, visitor_of: Callable[..., Visitor]
) -> None:
    page = visitor.log_in(add_token(acting.project, "eve"))
    page.goto("/schedules/nightly")
    acting.project.run("board", "token", "remove", "eve")
    with page.expect_navigation() as navigation:
        page.get_by_role("button", name="Pause").click()
    assert navigation.value is not None
    assert navigation.value.status == 401
    assert_nothing_was_paused(acting, visitor_of)


def test_a_board_without_actions_has_none_for_a_token_either(
    reading: Served, token: str, visitor_of: Callable[..., Visitor]
) -> None:
    page = visitor_of(reading).log_in(token)
    for location in ("/schedules/nightly", "/workflows/good", "/alerts"):
        page.goto(location)
        expect(page.locator('main form[method="post"]')).to_have_count(0)
        expect(page.get_by_role("contentinfo")).to_contain_text("ada, read-only")
    assert submit(page, reading) == 403
    expect(page.get_by_role("main")).to_contain_text("--allow-actions")
    assert_nothing_was_paused(reading, visitor_of)


def test_a_name_that_is_pointed_at_the_board_is_not_answered(acting: Served, visitor: Visitor) -> None:
    visitor.url = f"http://evil.example:{acting.port}/"  # where this visit may ask
    page = visitor.context.new_page()
    answer = page.goto(visitor.url)
    assert answer is not None
    assert answer.status == 421
    assert "good" not in page.content()
    visitor.faults.clear()  # the browser ignores a header of a host that it does not trust, and says so


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "evil.example"])
def test_a_page_of_another_origin_neither_acts_nor_reads_nor_frames(
    name: str, acting: Served, token: str, visitor: Visitor, visitor_of: Callable[..., Visitor], elsewhere: str
) -> None:
    visitor.log_in(token).close()
    other = f"http://{name}{elsewhere}"
    visitor.context.route("**/favicon.ico", lambda route: route.fulfill(body=""))
    page = visitor.context.new_page()
    page.goto(other + "form.html")
    with page.expect_navigation() as navigation:
        page.get_by_role("button", name="Win").click()
    assert navigation.value is not None
    assert navigation.value.status in (401, 403)
    page.goto(other + "read.html")
    expect(page.locator("#told")).to_have_text("could not read it")
    page.goto(other + "frame.html")
    page.frames[1].wait_for_url(lambda url: url.startswith("chrome-error:"), wait_until="commit")
    visitor.faults.clear()  # what the page of somebody else did
    assert_nothing_was_paused(acting, visitor_of)


def test_a_board_on_another_address_asks_for_a_token_to_read(
    acting: Served, token: str, visitor_of: Callable[..., Visitor]
) -> None:
    with serve(acting.project, "--host", "0.0.0.0") as open_to_all:
        board = Served(acting.project, open_to_all.url.replace("0.0.0.0", "127.0.0.1"))
        visitor = visitor_of(board)
        page = visitor.open("/runs")
        expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
        expect(page.get_by_role("navigation", name="Pages")).to_have_count(0)
        page.get_by_label("Token").fill(token)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
        visitor.context.close()
