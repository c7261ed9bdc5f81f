"""The first page: what is wrong, what runs, and the last runs of each workflow."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from spine.app.health_file import HealthFile
from spine.orchestration.lease import process_name
from spine.project import Project
from spine.scheduling.scheduler import Status


def test_a_project_that_never_ran_says_so(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "All is well" in page.text
    assert "never ran" in page.text


def test_a_workflow_that_fails_is_first_with_its_error(project: Project, client: TestClient) -> None:
    project.run("good")
    run_id = project.run("bad").run_id
    project.run("bad")
    page = client.get("/").text
    assert page.index(">bad<") < page.index(">good<")
    assert "2 things to look at" in page  # the alert reaches nobody
    assert "2 alerts not delivered" in page
    assert "2 runs in a row: explode: no file" in page
    assert page.count(f"/runs/{run_id}") == 1


@pytest.mark.parametrize("settings", ['[alerts]\non_failure = "ERROR"\n[channels.ops]\ntype = "console"\n'])
def test_the_incident_of_a_workflow_that_fails_is_told_once(project: Project, client: TestClient) -> None:
    project.run("bad")
    assert "bad failed" not in client.get("/").text


@pytest.mark.parametrize("settings", ['[schedules.nightly]\nworkflow = "good"\ncron = "0 2 * * *"\n'])
def test_schedules_without_a_scheduler_are_to_be_looked_at(client: TestClient) -> None:
    assert "No scheduler is alive" in client.get("/").text


@pytest.mark.parametrize("settings", ['[schedules.nightly]\nworkflow = "good"\ncron = "0 2 * * *"\n'])
def test_a_scheduler_that_lives_and_is_not_well_is_not_gone(project: Project, client: TestClient) -> None:
    status = Status(project.now(), project.now(), 0, 0, 0, "the disk is full")
    HealthFile(project.root).write(status)
    page = client.get("/").text
    assert "A scheduler is not well" in page
    assert "the disk is full" in page
    assert "No scheduler is alive" not in page


def test_a_run_that_waits_is_among_those_that_run(project: Project, client: TestClient) -> None:
    run_id = project.submit("good")
    page = client.get("/").text
    assert "1 run now" in page
    assert run_id in page


@pytest.mark.parametrize(("asked", "state"), [("cancel", "cancelling"), ("park", "parking")])
def test_what_a_run_is_asked_to_do_is_its_state_on_every_page(
    project: Project, client: TestClient, asked: str, state: str
) -> None:
    run_id = project.submit("good")
    project.database.execute(
        f"UPDATE core_workflow_runs SET status = 'RUNNING', lease_owner = ?, {asked}_requested_at = started_at,"
        " lease_expires_at = '2999-01-01 00:00:00+00:00'",
        (process_name(),),
    )
    for page in ("/", "/runs", f"/runs/{run_id}", "/workflows/good"):
        assert state in client.get(page).text, page


def test_a_run_without_a_process_is_told_on_the_page_of_its_workflow(project: Project, client: TestClient) -> None:
    project.submit("good")
    project.database.execute(
        "UPDATE core_workflow_runs SET status = 'RUNNING', lease_owner = 'gone/1/1',"
        " lease_expires_at = '2026-01-01 00:00:00+00:00'"
    )
    assert "process gone" in client.get("/workflows/good").text
