"""Pages of schedules: the time line, ticks that were missed, and pause, resume and trigger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from spine.core.clock import utc_now
from spine.project import Project
from tests.board.acting import assert_refused, send
from tests.board.html_page import Html
from tests.board.market import open_market
from tests.projects import wait_until


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with open_market(tmp_path) as opened:
        yield opened


def test_ticks_that_were_and_that_come_are_on_the_time_line(project: Project, client: TestClient) -> None:
    project.schedules.pause("weekly")
    run = project.schedules.trigger("often").run_id
    page = client.get("/schedules?window=day").text
    line = page.partition("<svg")[2].partition("</svg>")[0]
    assert line.count("tick state-coming") == 24
    assert "tick state-completed" in line
    assert f"/runs/{run}" in Html(page).links


@pytest.mark.parametrize(("window", "ticks"), [("6h", 6), ("day", 24)])
def test_the_time_line_has_the_length_that_is_asked_for(
    project: Project, client: TestClient, window: str, ticks: int
) -> None:
    project.schedules.pause("weekly")
    page = client.get(f"/schedules?window={window}").text
    assert page.partition("<svg")[2].partition("</svg>")[0].count("tick state-coming") == ticks


def test_ticks_that_would_cover_one_another_are_one_mark(project: Project, client: TestClient) -> None:
    project.schedules.pause("weekly")
    page = client.get("/schedules?window=month").text
    line = page.partition("<svg")[2].partition("</svg>")[0]
    assert line.count("tick state-coming") < 12
    assert "often, 24 ticks" in line


def test_a_schedule_shows_its_rules_and_next_times_in_its_zone(client: TestClient) -> None:
    page = client.get("/schedules/weekly").text
    assert "0 6 * * MON" in page
    assert "In America/New_York" in page
    assert page.partition("Next times")[2].count('<th scope="row"') == 20


def test_missed_ticks_are_listed_with_the_reason(project: Project, client: TestClient) -> None:
    project.schedules.pause("weekly")  # which writes the schedules
    schedule = project.schedules.get("often")
    with project.database.transaction() as connection:
        columns = "project, id, schedule_id, schedule_name, scheduled_at, status, skip_reason, cause, facts"
        at = (utc_now() - timedelta(hours=3)).strftime("%Y-%m-%d %H:%M:%S.%f")
        values = (
            project.history_name,
            "t1",
            schedule.id,
            "often",
            at,
            "MISSED",
            "the <b>scheduler</b> was down",
            "",
            "{}",
        )
        connection.execute(
            f"INSERT INTO core_schedule_runs ({columns}) VALUES ({', '.join('?' * len(values))})", values
        )
    page = client.get("/schedules").text
    assert "the <b>scheduler" not in page
    assert "the <b>scheduler</b> was down" in unescape(page)
    assert "tick state-missed" in page


def test_schedules_that_no_scheduler_serves_are_told(project: Project, client: TestClient) -> None:
    assert "No scheduler runs, and 2 schedules would start runs" in client.get("/schedules").text
    for name in ("often", "weekly"):
        project.schedules.pause(name)
    assert "No scheduler runs" not in client.get("/schedules").text


def test_a_scheduler_that_lives_is_no_problem(project: Project, client: TestClient) -> None:
    scheduler = project.schedules.scheduler()
    scheduler.beat()
    assert "No scheduler runs" not in client.get("/schedules").text
    assert scheduler.park()


def test_a_tick_that_nobody_decided_is_late(project: Project, client: TestClient) -> None:
    project.schedules.pause("weekly")  # which writes the schedules
    assert ">late<" not in client.get("/schedules").text
    at = (utc_now() - timedelta(hours=3)).strftime("%Y-%m-%d %H:%M:%S.%f")
    project.database.execute("UPDATE core_schedules SET next_run_at = ? WHERE name = 'often'", (at,))
    row = client.get("/schedules").text.partition("<tbody>")[2].partition("</tr>")[0]
    assert ">often<" in row
    assert ">late<" in row


def test_a_schedule_is_paused_and_resumed(project: Project, actor: TestClient) -> None:
    done = send(actor, "/schedules", "/schedules/often/pause")
    assert (done.status_code, done.headers["location"]) == (303, "/schedules")
    assert project.schedules.get("often").paused_at is not None
    assert "paused" in actor.get("/schedules/often").text
    send(actor, "/schedules/often", "/schedules/often/resume")
    assert project.schedules.get("often").paused_at is None


def test_a_triggered_schedule_runs_with_its_parameters(project: Project, actor: TestClient) -> None:
    assert send(actor, "/schedules/often", "/schedules/often/trigger").status_code == 303
    wait_until(lambda: [run["status"] for run in project.runs.list(schedule="often")] == ["COMPLETED"])
    assert project.runs.find("latest")["params"]["to"] == "3"


def test_a_schedule_that_there_is_not_cannot_be_paused(project: Project, actor: TestClient) -> None:
    csrf = actor.get("/schedules").text.partition('name="csrf" value="')[2].partition('"')[0]
    assert actor.post("/schedules/oftn/pause", data={"csrf": csrf}).status_code == 404


@pytest.mark.parametrize("action", ["pause", "trigger"])
def test_an_action_needs_a_token_and_the_form(
    project: Project, client: TestClient, actor: TestClient, action: str
) -> None:
    assert_refused(client, actor, "/schedules/often", f"/schedules/often/{action}")
    assert project.schedules.get("often").paused_at is None
    assert len(project.runs.list()) == 0
