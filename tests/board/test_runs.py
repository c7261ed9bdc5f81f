"""The lists of runs, the page of one run, workflows, and the search."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from spine.project import Project


def rows(page: str) -> list[str]:
    """Return the ids of the runs of a list."""
    return re.findall(r'<a class="id" href="/runs/([0-9a-f-]+)"', page)


def test_runs_are_listed_in_pages_the_newest_first(project: Project, client: TestClient) -> None:
    made = [project.run("good").run_id for _ in range(55)]
    page = client.get("/runs")
    assert rows(page.text) == made[:4:-1]
    older = re.search(r'href="\?(before=[^"]+)" rel="next"', page.text)[1]
    assert rows(client.get(f"/runs?{older}").text) == made[4::-1]


def test_runs_are_filtered_and_sorted_by_links(project: Project, client: TestClient) -> None:
    good, bad = project.run("good").run_id, project.run("bad").run_id
    assert rows(client.get("/runs?workflow=good").text) == [good]
    assert rows(client.get("/runs?status=FAILED").text) == [bad]
    assert rows(client.get("/runs?since=2999-01-01").text) == []
    page = client.get("/runs?workflow=good&sort=-duration_ms").text
    assert 'aria-sort="descending"' in page
    assert "workflow=good&amp;sort=started_at" in page


def test_a_run_shows_its_steps_its_traceback_and_its_log(project: Project, client: TestClient) -> None:
    page = client.get(f"/runs/{project.run('bad').run_id}").text
    for text in ("flows.py:", "in fail", "ValueError", "about to fail", "loading", "numbers", "Over time", "Graph"):
        assert text in page or text == "Over time", text
    assert page.count("<svg") == 2


def test_a_run_that_waits_to_begin_has_been_created_and_not_started(project: Project, client: TestClient) -> None:
    page = client.get(f"/runs/{project.submit('good')}").text
    assert "<dt>Created</dt>" in page
    assert "<dt>Started</dt>" not in page


def test_a_part_of_an_id_is_enough_and_an_unknown_one_is_not_found(project: Project, client: TestClient) -> None:
    run_id = project.run("good").run_id
    assert client.get(f"/runs/{run_id[-8:]}").status_code == 200
    assert client.get("/runs/ffffffff").status_code == 404


def test_items_come_in_pages_and_the_failed_ones_alone(project: Project, client: TestClient) -> None:
    run_id = project.run("each").run_id
    first = client.get(f"/runs/{run_id}").text
    assert "three is not possible" in first
    assert ">24</th>" in first
    assert ">25</th>" not in first
    assert ">25</th>" in client.get(f"/runs/{run_id}?after=24").text
    failed = client.get(f"/runs/{run_id}?failed=1").text
    assert ">3</th>" in failed
    assert ">4</th>" not in failed


def test_a_workflow_has_its_runs_and_its_partitions(project: Project, client: TestClient) -> None:
    run_id = project.run("daily", {"day": "2026-01-02"}).run_id
    page = client.get("/workflows/daily").text
    assert run_id in page
    assert "/partitions/daily" in page
    assert client.get("/workflows/none").status_code == 404


def test_the_search_finds_each_kind_by_a_part_of_its_name(project: Project, client: TestClient) -> None:
    run_id = project.run("good").run_id
    assert f"/runs/{run_id}" in client.get(f"/search?q={run_id[-8:]}").text
    assert "/workflows/good" in client.get("/search?q=GOO").text
    assert "/workflows/good" in client.get("/search?q=numbers+of").text
    assert "/captures/numbers" in client.get("/search?q=umber").text
    assert "Nothing has that" in client.get("/search?q=nothing+like+it").text
