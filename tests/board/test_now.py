"""The first page: what is wrong, what runs, and the last runs of each workflow."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from spine.project import Project


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


def test_a_run_that_waits_is_among_those_that_run(project: Project, client: TestClient) -> None:
    run_id = project.submit("good")
    page = client.get("/").text
    assert "1 run now" in page
    assert run_id in page
