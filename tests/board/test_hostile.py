"""Hostile names, titles, logs and queries: every value is escaped, and nothing that reorders or colors text is left."""

from __future__ import annotations

import asyncio
import re

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message

from spine.core.ids import new_id
from spine.project import Project
from spine_board.audit import Audit
from spine_board.forms import read_form

HOSTILE = "<script>alert(1)</script> \u202egnp.exe \x1b[31mred\x1b[0m \"'&"
ALERTING = '[alerts]\non_failure = "ERROR"\n[channels.ops]\ntype = "console"\n'
SECRET = '[channels.hook]\ntype = "webhook"\nurl = "https://hooks.example/hunter2"\n'
ACTED_ON = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
OWN_SCRIPT = '<script src="/static/board.js" defer></script>'


def check(page: str) -> None:
    """Fail if a page has a script other than its own, or a character that a browser acts on."""
    assert page.count("<script") == page.count(OWN_SCRIPT) == 1
    assert ACTED_ON.search(page) is None
    assert "onerror=" not in page
    assert "javascript:" not in page


@pytest.mark.parametrize("settings", [ALERTING])
def test_errors_logs_and_alerts_are_shown_as_text(project: Project, client: TestClient) -> None:
    run_id = project.run("bad").run_id
    for path in ("/", "/runs", f"/runs/{run_id}", "/alerts", f"/alerts/{project.alerts.list()[0]['id']}", "/sources"):
        page = client.get(path)
        assert page.status_code == 200, path
        check(page.text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; gnp.exe red" in client.get(f"/runs/{run_id}").text


def test_values_of_the_history_are_shown_as_text(project: Project, client: TestClient) -> None:
    run_id = project.run("good", {"day": HOSTILE}).run_id
    hostile = {"workflow_name": f"a{HOSTILE}", "error": HOSTILE, "error_step": HOSTILE, "status": "FAILED"}
    for name, value in hostile.items():
        project.database.execute(f"UPDATE core_workflow_runs SET {name} = ? WHERE run_id = ?", (value, run_id))
    project.database.execute("UPDATE core_workflow_steps SET step_name = ?, error = ?", (HOSTILE, HOSTILE))
    reject = {"id": new_id(), "project": project.history_name, "source_name": HOSTILE, "run_id": run_id}
    reject |= {"raw": HOSTILE, "reason": HOSTILE, "created_at": "2026-01-01 00:00:00.000000"}
    project.database.insert("core_rejects", reject)
    Audit(project).add(HOSTILE, HOSTILE, HOSTILE, refusal=HOSTILE)
    for path in ("/runs", f"/runs/{run_id}", "/actions"):
        page = client.get(path)
        assert page.status_code == 200, path
        check(page.text)
        assert "&lt;script&gt;" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/search?q={}",
        "/runs?workflow={}",
        "/runs?schedule={}",
        "/runs?status={}",
        "/runs?sort={}",
        "/runs?{}={}",
        "/runs/{}",
        "/workflows/{}",
        "/captures/{}",
        "/sources/{}",
        "/schedules/{}",
        "/alerts/{}",
        "/partitions/{}",
        "/nothing/{}",
        "/runs?since={}",
        "/runs?before={}",
    ],
)
def test_what_a_link_carries_is_shown_as_text(project: Project, client: TestClient, path: str) -> None:
    from urllib.parse import quote

    project.run("good")
    page = client.get(path.replace("{}", quote(f'"><img src=x onerror=alert(1)>{HOSTILE}', safe="")))
    assert page.status_code in (200, 400, 404)
    assert "<img" not in page.text
    assert ACTED_ON.search(page.text) is None
    assert page.text.count("<script") == 1


@pytest.mark.parametrize(
    "query", ["after=x", "after=-9", "after=99999999999999999999", "after=1e3", "since=soon", "since=0001-01-01"]
)
def test_a_number_or_date_that_is_none_is_refused(project: Project, client: TestClient, query: str) -> None:
    run_id = project.run("each").run_id
    page = client.get(f"/runs/{run_id}?{query}" if query.startswith("after") else f"/runs?{query}")
    assert page.status_code == 400
    assert "Not possible" in page.text


@pytest.mark.slow
def test_a_range_of_partitions_beyond_a_quarter_of_a_million_is_refused(project: Project, client: TestClient) -> None:
    page = client.get("/partitions/daily?since=0001-01-01&until=9999-12-31")
    assert page.status_code == 400
    assert "the range has more than 250,000 partitions of daily" in page.text


def test_a_form_that_does_not_arrive_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spine_board.forms._SECONDS", 0.01)

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    with pytest.raises(HTTPException, match="did not arrive"):
        asyncio.run(read_form(Request({"type": "http", "headers": []}, receive)))


@pytest.mark.parametrize("settings", [SECRET])
def test_a_secret_of_the_settings_is_on_no_page(project: Project, client: TestClient) -> None:
    for path in ("/", "/runs", "/sources", "/alerts", "/plugins", "/doctor"):
        page = client.get(path)
        assert page.status_code == 200, path
        assert "hunter2" not in page.text
