"""Actions in the browser: each of them, by someone who has logged in with a token."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.board.browser.served import Served
from tests.board.browser.visits import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def page(acting: Served, token: str, visitor_of: Callable[..., Visitor]) -> Page:
    """Return the first page, for `ada`."""
    return visitor_of(acting).log_in(token)


@pytest.fixture
def root(acting: Served) -> Iterator[Path]:
    """Return the folder in which the runs of the board work, without what they left there."""
    yield acting.project.root
    for name in ("begun", "released", "repaired"):
        (acting.project.root / name).unlink(missing_ok=True)


def press(page: Page, name: str) -> None:
    """Press the first button of that name."""
    page.get_by_role("main").get_by_role("button", name=name, exact=True).first.click()


def heading(page: Page, text: str) -> None:
    """Wait until the heading of the page contains a text."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)


def failed_run(acting: Served) -> str:
    """Return the id of a new run that has failed."""
    return str(json.loads(acting.project.run("run", "bad", "--json").out)["run_id"])


def test_whoever_logs_in_is_named_and_can_log_out(acting: Served, token: str, page: Page) -> None:
    footer = page.get_by_role("contentinfo")
    expect(footer).to_contain_text("ada")
    footer.get_by_role("button", name="Log out").click()
    heading(page, "Log in")
    page.goto("/")
    expect(footer).to_contain_text("log in to act")
    cookies = page.context.cookies()
    assert not any(token in str(cookie["value"]) for cookie in cookies)


def test_the_cookie_is_hidden_from_scripts_and_from_other_sites(acting: Served, page: Page) -> None:
    [cookie] = [each for each in page.context.cookies() if each["name"] == f"spine_board_{acting.port}"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert page.evaluate("document.cookie") == ""


def test_a_workflow_is_run_with_its_parameters(page: Page) -> None:
    page.goto("/workflows/good")
    page.get_by_label("day").fill("2026-02-03")
    press(page, "Run")
    heading(page, "COMPLETED")
    expect(page.get_by_role("main")).to_contain_text("day=2026-02-03")
    page.goto("/actions")
    expect(page.get_by_role("row", name="ada").first).to_contain_text("good")


def test_a_failed_run_is_resumed(acting: Served, root: Path, page: Page) -> None:
    page.goto(f"/runs/{failed_run(acting)}")
    heading(page, "FAILED")
    (root / "repaired").touch()
    press(page, "Resume")
    heading(page, "COMPLETED")


def test_a_run_that_runs_is_cancelled(root: Path, page: Page) -> None:
    page.goto("/workflows/held")
    press(page, "Run")
    heading(page, "RUNNING")
    press(page, "Cancel")
    heading(page, "CANCELLED")
    (root / "released").touch()  # of the next test: the step has seen that it is to end


def test_a_schedule_is_paused_resumed_and_triggered(page: Page) -> None:
    page.goto("/schedules/nightly")
    press(page, "Pause")
    heading(page, "paused")
    press(page, "Resume")
    heading(page, "on")
    press(page, "Run now")
    page.goto("/runs?schedule=nightly")
    expect(page.get_by_role("table").get_by_text("COMPLETED").first).to_be_visible()


def test_an_incident_is_acknowledged_and_resolved(acting: Served, page: Page) -> None:
    failed_run(acting)
    page.goto("/alerts")
    page.get_by_role("region", name="Incidents").get_by_role("link", name="bad").first.click()
    press(page, "Acknowledge")
    expect(page.get_by_role("main")).to_contain_text("ACKNOWLEDGED")
    press(page, "Resolve")
    expect(page.get_by_role("main")).to_contain_text("RESOLVED")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)


def test_alerts_are_silenced(acting: Served, page: Page) -> None:
    page.goto("/alerts")
    page.get_by_label("domain").fill("moving")
    page.get_by_label("why").fill("the house moves")
    press(page, "Silence")
    silences = page.get_by_role("region", name="Silences", exact=True).first
    expect(silences.get_by_role("row", name="the house moves")).to_contain_text("domain=moving")
    expect(silences).to_contain_text("ada")


def test_partitions_are_planned_and_filled(page: Page) -> None:
    page.goto("/partitions/daily")
    plan = page.get_by_role("region", name="Backfill", exact=True)
    plan.get_by_label("From").fill("2026-01-01")
    plan.get_by_label("To").fill("2026-01-03")
    press(page, "Plan")
    expect(page.get_by_role("main")).to_contain_text("3 partitions")
    press(page, "Start the backfill")
    expect(page.get_by_role("main")).to_contain_text("3 of 3 partitions")
    page.goto("/partitions/daily?since=2026-01-01&until=2026-01-03")
    expect(page.get_by_role("main")).to_contain_text("3 complete")
