"""Rules of all pages: every link leads somewhere, nothing hostile is markup, no secret is shown."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from spine.project import Project
from tests.board.html_page import Html
from tests.board.market import SECRETS, open_market, run_all

_VARIANTS = 6  # of a page, with other values in its query
_BY_NAME = ("partitions", "captures", "schedules", "sources")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with open_market(tmp_path) as opened:
        yield opened


@pytest.mark.slow
def test_every_link_of_every_page_leads_to_a_page(project: Project, client: TestClient) -> None:
    run_all(project)
    project.backfills.run(project.backfills.plan("listed", project.backfills.options()), Event())
    seen, kinds = set(), Counter[str]()
    waiting = deque(["/"])
    while waiting:
        location = waiting.popleft()
        kind = _kind(location)
        if location in seen or kinds[kind] == _VARIANTS:
            continue
        seen.add(location)
        kinds[kind] += 1
        answer = client.get(location)
        assert answer.status_code == 200, f"{location}: {answer.text[:2000]}"
        page = Html(answer.text, location)
        assert len(page.headings) == 1, location
        assert not page.unlabelled, location
        assert [name for name, count in Counter(page.ids).items() if count > 1] == [], location
        assert "<script>alert" not in answer.text, location
        assert not any(mark in answer.text for mark in ("\u202e", "\x1b", *SECRETS)), location
        waiting += [link for link in page.links if not link.startswith("/static")]
    paths = {urlsplit(location).path for location in seen}
    assert {"/partitions/daily", "/captures/prices", "/captures/prices/diff", "/schedules/often"} <= paths
    assert {"/sources/prices", "/alerts", "/plugins", "/doctor"} <= paths


def _kind(location: str) -> str:
    """Return what counts as one page: those of runs and alerts are alike."""
    path = urlsplit(location).path
    first = path.split("/")[1]
    return path if first in _BY_NAME else first


@pytest.mark.slow
def test_every_page_of_a_project_that_never_ran_is_one(client: TestClient) -> None:
    menu = Html(client.get("/").text).links
    for location in {*menu, "/partitions/daily", "/partitions/crossed", "/schedules/weekly", "/sources/api"}:
        answer = client.get(location)
        assert answer.status_code == 200, location
        assert len(Html(answer.text).headings) == 1


@pytest.mark.parametrize(
    "location",
    [
        "/captures/none",
        "/captures/prices?partition=%7B%22x%22%3A%20%22y%22%7D",
        "/captures/prices?revision=99",
        "/captures/prices/diff?old=1&new=99",
        "/schedules/none",
        "/sources/none",
        "/alerts/none",
        "/partitions/none",
        "/backfills/none",
    ],
)
def test_what_there_is_not_is_not_found(project: Project, client: TestClient, location: str) -> None:
    project.run("prices")
    assert client.get(location).status_code == 404


@pytest.mark.parametrize(
    "location",
    [
        "/captures/prices?partition=nonsense",
        "/captures/prices?revision=x",
        "/captures/prices/diff?old=0",
        "/partitions/prices",
        "/partitions/daily?since=yesterday",
        "/partitions/daily/plan?max_parallel=0",
        "/partitions/daily/plan?order=random",
        "/partitions/daily/plan?only.venue=a",
    ],
)
def test_what_cannot_be_asked_for_is_refused_with_a_sentence(
    project: Project, client: TestClient, location: str
) -> None:
    project.run("prices")
    project.run("prices", {"to": "5"})
    answer = client.get(location)
    assert answer.status_code == 400
    assert "unexpected error" not in answer.text
