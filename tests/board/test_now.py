"""The first page: what is wrong, what runs, and the last runs of each workflow."""

from __future__ import annotations

from starlette.testclient import TestClient

from spine.project import Project


def test_a_project_that_never_ran_says_so(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "All is well" in page.text
    assert "never ran" in page.text


def test_a_workflow_that_fails_is_first_with_its_error(project: Project, client: TestClient) -> None:
    project.run("good")
    project.run("bad")
    page = client.get("/").text
    assert page.index(">bad<") < page.index(">good<")
