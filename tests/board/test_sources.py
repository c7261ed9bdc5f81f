"""Pages of sources: how fresh they are, fetches, and rejected rows."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from spine.project import Project
from tests.board.html_page import Html
from tests.board.market import SCRIPT, SECRETS, open_market


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with open_market(tmp_path) as opened:
        yield opened


def test_sources_are_listed_with_their_last_fetch(project: Project, client: TestClient) -> None:
    run = project.run("fetch").run_id
    page = client.get("/sources").text
    assert "SUCCESS" in page
    assert f"/runs/{run}" in Html(page).links
    assert page.count(">never<") == 2


def test_a_source_that_fails_is_as_fresh_as_before(project: Project, client: TestClient) -> None:
    project.run("fetch")
    (project.root / "prices.csv").unlink()
    project.run("fetch")
    page = client.get("/sources/prices").text
    assert "state-not_found" in page.partition("</h1>")[0]
    assert "no file" in page or "does not exist" in page or "prices.csv" in page
    assert page.partition("<dt>Fresh</dt>")[2].partition("</dd>")[0].count("<time") == 1


def test_rejected_rows_are_shown_with_their_reason_and_line(project: Project, client: TestClient) -> None:
    project.run("fetch")
    page = client.get("/sources/prices").text
    assert SCRIPT not in page
    rejected = unescape(page).partition("Rejected rows")[2]
    assert SCRIPT in rejected
    [reject] = project.sources.rejects("prices")
    assert reject["reason"] in rejected
    assert f'<td class="num">{reject["line_number"]}</td>' in page


def test_fetches_are_sorted_by_link(project: Project, client: TestClient) -> None:
    for _ in range(2):
        project.run("fetch")
    newest, oldest = (f"fetch-{row['id']}" for row in project.sources.fetches("prices"))
    page = client.get("/sources/prices").text
    assert page.index(newest) < page.index(oldest)
    page = client.get("/sources/prices?sort=started_at").text
    assert page.index(oldest) < page.index(newest)


def test_options_are_shown_without_their_secrets(client: TestClient) -> None:
    page = client.get("/sources/api").text
    assert "example.invalid" in page
    assert [secret for secret in SECRETS if secret in page] == []
