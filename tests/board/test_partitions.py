"""Pages of partitions: counts, grid, gaps, and a backfill from it."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from spine.project import Project
from spine_board.pages.partitions import gaps
from tests.board.acting import assert_refused, send
from tests.board.html_page import Html
from tests.board.market import SCRIPT, open_market
from tests.projects import wait_until

RANGE = "since=2026-01-05&until=2026-01-12"
FILL = {"since": "2026-01-05", "until": "2026-01-10", "failed": "on", "missing": "on", "max_parallel": "1"}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with open_market(tmp_path) as opened:
        yield opened


def _run(project: Project, *numbers: int) -> None:
    for number in numbers:
        project.run("daily", {"day": f"2026-01-{number:02}"})


def test_each_workflow_with_partitions_is_counted_by_state(project: Project, client: TestClient) -> None:
    _run(project, 5, 6, 7)
    page = client.get("/partitions").text
    assert "/partitions/daily?state=failed" in page
    assert [name for name in ("crossed", "daily", "listed", "prices") if f"/partitions/{name}" in page] == [
        "crossed",
        "daily",
        "listed",
    ]


def test_the_grid_has_a_cell_for_each_partition_which_leads_to_its_run(project: Project, client: TestClient) -> None:
    _run(project, 5, 7)
    page = client.get(f"/partitions/daily?{RANGE}").text
    grid = page.partition("<svg")[2].partition("</svg>")[0]
    assert grid.count('class="box state-missing"') == 6
    assert grid.count('class="box state-completed"') == grid.count('class="box state-failed"') == 1
    runs = {row["run_id"] for row in project.partitions.list("daily", "2026-01-05", "2026-01-12") if row["run_id"]}
    assert {link.removeprefix("/runs/") for link in Html(page).links if link.startswith("/runs/")} >= runs
    assert ">31<" in grid
    assert ">2026-01<" in grid


def test_days_are_columns_of_a_calendar_even_if_the_first_month_begins_late(
    project: Project, client: TestClient
) -> None:
    page = client.get("/partitions/daily?since=2026-01-30&until=2026-02-02").text
    heads = page.partition("<svg")[2].partition("</svg>")[0]
    assert heads.index(">02<") < heads.index(">30<")


def test_partitions_are_filtered_by_state_and_sorted(project: Project, client: TestClient) -> None:
    _run(project, 5, 7)
    failed = client.get(f"/partitions/daily?{RANGE}&state=failed").text
    table = failed.rpartition("<tbody>")[2]
    assert "2026-01-07" in table
    assert "2026-01-05" not in table
    ascending = client.get(f"/partitions/daily?{RANGE}&sort=key").text.rpartition("<tbody>")[2]
    assert ascending.index("2026-01-05") < ascending.index("2026-01-12")


def test_partitions_side_by_side_without_a_run_are_one_gap(project: Project, client: TestClient) -> None:
    _run(project, 5, 9, 10)
    page = client.get(f"/partitions/daily?{RANGE}").text
    assert "2 gaps" in page
    [first, second] = [link for link in Html(page).links if "/plan?" in link]
    assert ("since=2026-01-06" in first, "until=2026-01-08" in first) == (True, True)
    assert "since=2026-01-11" in second
    assert "It would run 3 partitions" in client.get(first).text


def test_gaps_of_crossed_partitions_are_those_of_each_value(project: Project) -> None:
    project.run("crossed", {"day": "2026-01-06", "venue": "b"})
    found = project.partitions.list("crossed", "2026-01-05", "2026-01-07")
    rows = [{**row, "state": row["state"].value} for row in found]
    made = gaps("crossed", project.partitions.declared("crossed"), rows)
    assert [(gap.first, gap.count) for gap in made] == [
        ("day=2026-01-05 venue=a", 3),
        ("day=2026-01-05 venue=b", 1),
        ("day=2026-01-07 venue=b", 1),
    ]
    assert "only.venue=b" in made[1].address


def test_a_plan_says_the_command_to_readers_and_runs_nothing(project: Project, client: TestClient) -> None:
    page = client.get("/partitions/daily/plan?since=2026-01-05&until=2026-01-06&missing=on").text
    assert "It would run 2 partitions" in page
    assert "spine backfill daily --from 2026-01-05 --to 2026-01-06 --missing" in page
    assert project.backfills.list() == []
    assert len(project.runs.list()) == 0


def test_a_plan_of_one_value_takes_only_its_partitions(project: Project, client: TestClient) -> None:
    page = client.get("/partitions/listed/plan", params={"only.venue": SCRIPT, "missing": "on"}).text
    assert "It would run 1 partition," in page
    assert SCRIPT not in page
    assert SCRIPT in unescape(page)


def test_a_backfill_of_failed_and_missing_partitions_starts_from_its_plan(project: Project, actor: TestClient) -> None:
    _run(project, 5, 7)
    plan = "/partitions/daily/plan?since=2026-01-05&until=2026-01-10&missing=on&failed=on"
    done = send(actor, plan, "/partitions/daily/backfill", FILL)
    [backfill] = project.backfills.list()
    assert (done.status_code, done.headers["location"]) == (303, f"/backfills/{backfill['id']}")
    assert backfill["counts"]["total"] == 5
    wait_until(lambda: project.backfills.list()[0]["status"] == "FAILED")
    page = actor.get(done.headers["location"]).text
    assert "2026-01-07" in page
    assert "4 of 5 partitions" in page


def test_a_backfill_that_failed_is_resumed(project: Project, actor: TestClient) -> None:
    form = {"since": "2026-01-07", "until": "2026-01-07", "missing": "on", "max_parallel": "1"}
    send(actor, "/partitions/daily/plan?since=2026-01-07&until=2026-01-07", "/partitions/daily/backfill", form)
    wait_until(lambda: project.backfills.list()[0]["status"] == "FAILED")
    found = project.backfills.find("latest")
    location = f"/backfills/{found['id']}"
    assert send(actor, location, f"{location}/resume").headers["location"] == location
    wait_until(lambda: len(project.runs.steps(found["runs"][0]["run_id"])) == 2)


def test_a_backfill_that_has_ended_cannot_be_cancelled(project: Project, actor: TestClient) -> None:
    plan = "/partitions/listed/plan?missing=on"
    send(actor, plan, "/partitions/listed/backfill", {"missing": "on", "max_parallel": "1"})
    wait_until(lambda: project.backfills.list()[0]["status"] == "COMPLETED")
    location = f"/backfills/{project.backfills.list()[0]['id']}"
    page = actor.get(location).text
    assert f"{location}/cancel" not in page
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    refused = actor.post(f"{location}/cancel", data={"csrf": csrf})
    assert refused.status_code == 409
    assert "there is nothing to cancel" in unescape(refused.text)


def test_a_backfill_without_partitions_is_refused(project: Project, actor: TestClient) -> None:
    _run(project, 5)
    csrf = actor.get("/partitions").text.partition('name="csrf" value="')[2].partition('"')[0]
    fields = {"csrf": csrf, "since": "2026-01-05", "until": "2026-01-05", "missing": "on"}
    refused = actor.post("/partitions/daily/backfill", data=fields)
    assert refused.status_code == 400
    assert "there is nothing to run" in unescape(refused.text)
    assert project.backfills.list() == []


def test_a_backfill_needs_a_token_and_the_form(project: Project, client: TestClient, actor: TestClient) -> None:
    assert_refused(client, actor, "/partitions/daily/plan?missing=on", "/partitions/daily/backfill")
    assert project.backfills.list() == []
