"""Pages of captures: freshness, revisions, differences, first rows, lineage and checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from spine.project import Project
from spine_board.text import partition_key
from tests.board.html_page import Html
from tests.board.market import SCRIPT, open_market


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with open_market(tmp_path) as opened:
        yield opened


def _text(page: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_names_are_listed_with_their_size_and_stale_partitions(project: Project, client: TestClient) -> None:
    project.run("prices", {"to": "5"})
    _capture_again(7)
    page = client.get("/captures").text
    assert "1 stale partition" in _text(page)
    rows = {
        name: _text(page[page.index(f'"/captures/{name}"') :].partition("</tr>")[0]) for name in ("prices", "totals")
    }
    assert " 7 " in rows["prices"]
    assert SCRIPT in rows["totals"]


def _capture_again(rows: int) -> None:
    """Capture prices again, with nothing made from them."""
    from spine.framework.captures import capture

    capture("prices", [{"symbol": f"S{number}"} for number in range(rows)])


def test_a_stale_capture_says_which_input_is_newer(project: Project, client: TestClient) -> None:
    project.run("prices", {"to": "5"})
    _capture_again(7)
    said = _text(client.get("/captures/totals").text)
    assert "made from an old revision of prices (1, now 2)" in said


def test_a_capture_shows_its_revisions_and_their_rows_as_a_line(project: Project, client: TestClient) -> None:
    for to in ("2", "4", "6"):
        project.run("prices", {"to": to})
    page = client.get("/captures/prices").text
    line = page.partition("<svg")[2].partition("</svg>")[0]
    assert [count for count in ("2 rows", "4 rows", "6 rows") if count in line] == ["2 rows", "4 rows", "6 rows"]
    key = "%7B%7D"
    assert {f"/captures/prices?partition={key}&revision={number}" for number in (1, 2, 3)} <= set(
        Html(page, "/captures/prices").links
    )
    older = client.get("/captures/prices?revision=2").text
    assert "2 of 3" in _text(older)


def test_first_rows_tell_null_from_text_and_are_escaped(project: Project, client: TestClient) -> None:
    project.run("prices", {"to": "3"})
    page = client.get("/captures/prices").text
    assert '<span class="null">null</span>' in page
    assert SCRIPT not in page
    assert SCRIPT in unescape(page)
    assert "S2" in page


def test_a_damaged_payload_is_told_and_the_rest_of_the_page_is_there(project: Project, client: TestClient) -> None:
    project.run("prices", {"to": "3"})
    [made] = project.captures.list("prices")
    Path(project.application.payloads.place(made.location)).write_bytes(b"damaged")
    answer = client.get("/captures/prices")
    assert answer.status_code == 200
    assert 'class="problem"' in answer.text
    assert "Lineage" in answer.text


def test_lineage_leads_up_and_down_to_captures_and_runs(project: Project, client: TestClient) -> None:
    run = project.run("prices", {"to": "3"}).run_id
    page = client.get("/captures/prices")
    links = Html(page.text, "/captures/prices").links
    assert f"/runs/{run}" in links
    assert "/captures/totals?partition=%7B%7D&revision=1" in links
    graph = page.text.partition("Graph of the lineage")[2].partition("</svg>")[0]
    assert [step for step in (">load<", ">total<") if step in graph] == [">load<", ">total<"]


def test_results_of_checks_are_shown_over_time(project: Project, client: TestClient) -> None:
    for to in ("2", "4"):
        project.run("prices", {"to": to})
    page = client.get("/captures/prices").text
    grid = page.partition("Results over time")[2].partition("</svg>")[0]
    assert (grid.count('box state-partial"'), grid.count('box state-completed"')) == (1, 1)
    assert "at least 3 rows" in page


def test_partitions_of_a_capture_are_chosen_by_link(project: Project, client: TestClient) -> None:
    for number in (5, 6):
        project.run("daily", {"day": f"2026-01-{number:02}"})
    page = client.get("/captures/daily").text
    assert "2 partitions" in page
    other = client.get("/captures/daily", params={"partition": partition_key({"day": "2026-01-05"})}).text
    assert "day=2026-01-05" in other.partition("</h1>")[0]
    assert "day=2026-01-06" in page.partition("</h1>")[0]


def test_a_diff_counts_rows_and_shows_the_first_of_them(project: Project, client: TestClient) -> None:
    project.run("prices", {"to": "2"})
    project.run("prices", {"to": "4"})
    project.run("prices", {"to": "3"})
    grown = _text(client.get("/captures/prices/diff?old=1&new=2").text)
    assert "2 rows added, 0 removed, 0 changed, 2 unchanged" in grown
    page = client.get("/captures/prices/diff").text
    assert "revision 2 to 3" in _text(page)
    assert "0 rows added, 1 removed" in _text(page)
    assert SCRIPT not in page


def test_a_diff_by_key_shows_the_old_and_the_new_value(project: Project, client: TestClient) -> None:
    from spine.framework.captures import capture

    capture("keyed", [{"id": 1, "price": 10}, {"id": 2, "price": 20}])
    capture("keyed", [{"id": 1, "price": 11, "note": "new"}, {"id": 2, "price": 20, "note": None}])
    said = _text(client.get("/captures/keyed/diff?old=1&new=2&key=id").text)
    assert "1 changed" in said
    assert "10 → 11" in said
    assert re.search("note . string", said)


def test_a_key_that_is_no_column_is_refused(project: Project, client: TestClient) -> None:
    project.run("prices", {"to": "2"})
    project.run("prices", {"to": "4"})
    answer = client.get("/captures/prices/diff?key=sybol")
    assert answer.status_code == 400
    assert "did you mean 'symbol'" in unescape(answer.text)
