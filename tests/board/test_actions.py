"""Actions through the board: each of them, each refusal, and the record of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from spine.project import Project
from spine_board.actions import ACTIONS
from spine_board.audit import Audit
from spine_board.tokens import Tokens
from tests.board.conftest import csrf_of
from tests.projects import wait_until

ALERTING = '[alerts]\non_failure = "ERROR"\n[channels.ops]\ntype = "console"\n'
SCHEDULED = '[schedules.nightly]\nworkflow = "good"\ncron = "0 2 * * *"\n'
PATHS = [
    action.path.format_map(
        dict.fromkeys(("workflow", "name"), "good") | {"run_id": "latest", "alert": "latest", "backfill": "latest"}
    )
    for action in ACTIONS
]


def post(client: TestClient, path: str, **fields: str) -> Any:
    """Send a form of a page, as a browser does."""
    return client.post(path, data={"csrf": csrf_of(client.get("/").text), "back": "/runs", **fields})


def done(client: TestClient, path: str, **fields: str) -> str:
    """Send a form that is accepted, and return the page that it leads to."""
    answer = post(client, path, **fields)
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


def by_ada(project: Project, run_id: str) -> list[str]:
    """Return the actions of `ada` among the events of a run."""
    events = project.runs.events(run_id)
    return [event["payload"]["action"] for event in events if event["payload"].get("by") == "ada"]


def newest(project: Project) -> dict[str, Any]:
    return project.runs.list(limit=1).rows[0]


def test_a_board_without_actions_refuses_each(client: TestClient, project: Project, token: str) -> None:
    for path in PATHS:
        answer = client.post(path, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 403
        assert "--allow-actions" in answer.text
    assert Audit(project).list() == []


def test_each_action_needs_a_token(client_of: Callable[..., TestClient], project: Project, token: str) -> None:
    client = client_of(with_actions=True)
    for path in PATHS:
        assert client.post(path).status_code == 401
        assert client.post(path, headers={"authorization": "Bearer wrong"}).status_code == 401
    assert Audit(project).list() == []


def test_each_action_needs_the_text_of_the_form(actor: TestClient, project: Project) -> None:
    for path in PATHS:
        assert actor.post(path, data={}).status_code == 403
        assert actor.post(path, data={"csrf": "other"}).status_code == 403
    assert Audit(project).list() == []


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "http://evil.example"}]
)
def test_no_other_site_causes_an_action(actor: TestClient, project: Project, headers: dict[str, str]) -> None:
    csrf = csrf_of(actor.get("/").text)
    for path in PATHS:
        assert actor.post(path, data={"csrf": csrf}, headers=headers).status_code == 403
    assert Audit(project).list() == []


def test_nothing_is_done_by_following_a_link(actor: TestClient, project: Project) -> None:
    for path in PATHS:
        assert actor.get(path).status_code in (404, 405)
    assert Audit(project).list() == []


def test_a_read_only_page_has_no_form_of_an_action(client: TestClient, project: Project) -> None:
    run_id = project.run("bad").run_id
    assert 'method="post"' not in client.get(f"/runs/{run_id}").text


def test_a_run_is_started_and_says_by_whom(actor: TestClient, project: Project) -> None:
    page = done(actor, "/workflows/good/run", **{"param.day": "2026-02-03", "key": "one"})
    run = newest(project)
    assert run["run_id"] in page
    wait_until(lambda: newest(project)["status"] == "COMPLETED")
    assert (run["params"]["day"], run["triggered_by"]) == ("2026-02-03", "manual")
    assert by_ada(project, run["run_id"]) == ["run"]
    done(actor, "/workflows/good/run", **{"param.day": "2026-02-03", "key": "one"})
    assert len(project.runs.list()) == 1


def test_a_program_starts_a_run_with_its_token_alone(
    client_of: Callable[..., TestClient], project: Project, token: str
) -> None:
    client = client_of(with_actions=True)
    answer = client.post("/workflows/good/run", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.json()["run_id"] == newest(project)["run_id"]


def test_a_workflow_that_there_is_not_is_refused_with_the_closest_name(actor: TestClient, project: Project) -> None:
    answer = post(actor, "/workflows/goood/run")
    assert answer.status_code == 404
    assert "did you mean" in answer.text
    [row] = Audit(project).list()
    assert (row["by"], row["action"], row["target"]) == ("ada", "run", "goood")
    assert "did you mean" in row["refusal"]


def test_a_failed_run_is_resumed(actor: TestClient, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    run_id = project.run("bad").run_id
    (project.root / "repaired").touch()
    done(actor, f"/runs/{run_id}/resume")
    wait_until(lambda: project.runs.find(run_id)["status"] == "COMPLETED")
    assert by_ada(project, run_id) == ["resume"]


def test_a_run_that_completed_is_not_resumed(actor: TestClient, project: Project) -> None:
    run_id = project.run("good").run_id
    answer = post(actor, f"/runs/{run_id}/resume")
    assert (answer.status_code, by_ada(project, run_id)) == (303, []) or answer.status_code in (400, 409)


@pytest.mark.slow
def test_a_run_that_runs_is_cancelled(actor: TestClient, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    done(actor, "/workflows/held/run")
    wait_until((project.root / "begun").exists)
    run_id = newest(project)["run_id"]
    assert "Cancel" in actor.get(f"/runs/{run_id}").text
    done(actor, f"/runs/{run_id}/cancel")
    (project.root / "released").touch()
    wait_until(lambda: project.runs.find(run_id)["status"] == "CANCELLED")
    assert by_ada(project, run_id) == ["run", "cancel"]


@pytest.mark.slow
def test_the_end_of_one_run_is_not_that_of_others(
    actor: TestClient, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    for day in ("one", "other"):
        done(actor, "/workflows/held/run", key=day)
    wait_until(lambda: len(project.runs.list(status="RUNNING")) == 2)
    cancelled, other = (row["run_id"] for row in project.runs.list().rows)
    done(actor, f"/runs/{cancelled}/cancel")
    (project.root / "released").touch()
    wait_until(lambda: project.runs.find(other)["status"] == "COMPLETED")
    assert project.runs.find(cancelled)["status"] == "CANCELLED"
    done(actor, "/workflows/good/run")
    wait_until(lambda: newest(project)["status"] == "COMPLETED")


def test_a_run_that_has_ended_is_not_cancelled(actor: TestClient, project: Project) -> None:
    run_id = project.run("good").run_id
    answer = post(actor, f"/runs/{run_id}/cancel")
    assert answer.status_code == 409
    assert "nothing to cancel" in answer.text


@pytest.mark.parametrize("settings", [SCHEDULED])
def test_a_schedule_is_paused_resumed_and_triggered(actor: TestClient, project: Project) -> None:
    done(actor, "/schedules/nightly/pause")
    assert project.schedules.get("nightly").paused_at is not None
    done(actor, "/schedules/nightly/resume")
    assert project.schedules.get("nightly").paused_at is None
    done(actor, "/schedules/nightly/trigger")
    wait_until(lambda: len(project.runs.list(status="COMPLETED")) == 1)
    assert [row["action"] for row in Audit(project).list()] == [
        "trigger schedule",
        "resume schedule",
        "pause schedule",
    ]


@pytest.mark.parametrize("verb", ["pause", "resume", "trigger"])
def test_a_schedule_that_there_is_not_is_refused(actor: TestClient, verb: str) -> None:
    assert post(actor, f"/schedules/none/{verb}").status_code == 404


@pytest.mark.parametrize("settings", [ALERTING])
def test_an_alert_is_acknowledged_and_resolved(actor: TestClient, project: Project) -> None:
    run_id = project.run("bad").run_id
    alert = project.alerts.list()[0]["id"]
    done(actor, f"/alerts/{alert}/acknowledge")
    assert project.alerts.incident(alert)["acknowledged_at"] is not None
    done(actor, f"/alerts/{alert}/resolve")
    assert project.alerts.incident(alert)["resolved_at"] is not None
    assert by_ada(project, run_id) == ["acknowledge", "resolve alert"]
    answer = post(actor, f"/alerts/{alert}/acknowledge")
    assert (answer.status_code, "is over" in answer.text) == (400, True)


@pytest.mark.parametrize("settings", [ALERTING])
def test_an_alert_is_sent_again(actor: TestClient, project: Project) -> None:
    project.run("bad")
    assert "deliveries succeeded" in done(actor, f"/alerts/{project.alerts.list()[0]['id']}/retry")


@pytest.mark.parametrize("settings", [ALERTING])
def test_alerts_are_silenced_for_a_time_with_the_name_of_who_did_it(actor: TestClient, project: Project) -> None:
    done(actor, "/silences", source="bad", until="2h", comment="moving")
    project.run("bad")
    [alert] = project.alerts.list()
    [delivery] = project.alerts.deliveries(alert["id"])
    assert delivery["status"] == "SILENCED"
    assert "ada: moving" in delivery["reason"]


@pytest.mark.parametrize(
    "fields", [{}, {"source": "x", "until": "soon"}, {"until": "1h"}, {"source": "x", "until": "-1h"}]
)
def test_a_silence_without_a_pattern_or_a_length_is_refused(actor: TestClient, fields: dict[str, str]) -> None:
    assert post(actor, "/silences", **fields).status_code == 400


def test_partitions_are_backfilled(actor: TestClient, project: Project) -> None:
    done(actor, "/partitions/daily/backfill", since="2026-01-01", until="2026-01-03", missing="on")
    wait_until(lambda: len(project.runs.list(workflow="daily", status="COMPLETED")) == 3)
    wait_until(lambda: project.backfills.list()[0]["status"] == "COMPLETED")
    [row] = Audit(project).list()
    assert (row["by"], row["action"], row["target"]) == ("ada", "backfill", "daily")
    again = post(actor, "/partitions/daily/backfill", since="2026-01-01", until="2026-01-03", missing="on")
    assert (again.status_code, "nothing to run" in again.text) == (400, True)


@pytest.mark.parametrize(
    "fields", [{"since": "yesterday"}, {"since": "2026-01-02", "max_parallel": "0"}, {"order": "random"}]
)
def test_a_backfill_that_is_not_possible_is_refused(actor: TestClient, fields: dict[str, str]) -> None:
    assert post(actor, "/partitions/daily/backfill", **fields).status_code == 400


def test_a_backfill_is_cancelled_and_resumed(
    actor: TestClient, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(actor, "/partitions/daily/backfill", since="2026-01-01", until="2026-01-01")
    wait_until(lambda: project.backfills.list()[0]["status"] == "COMPLETED")
    found = project.backfills.list()[0]["id"]
    assert post(actor, f"/backfills/{found}/cancel").status_code in (400, 409)
    assert post(actor, f"/backfills/{found}/resume").status_code in (400, 409)
    assert post(actor, "/backfills/none/cancel").status_code == 404


def test_the_page_of_actions_names_who_did_what(actor: TestClient, project: Project) -> None:
    Audit(project).add("<b>eve</b>", "run", "<script>", refusal="no \x1b[31m")
    page = actor.get("/actions").text
    assert "&lt;b&gt;eve&lt;/b&gt;" in page
    assert "<script>\n" not in page
    assert "\x1b" not in page


@pytest.mark.parametrize("body", [b"a=" + b"x" * 200_000, b"&".join(b"a%d=1" % n for n in range(2_000)), b"a=\xff%ff"])
def test_a_form_that_is_too_large_or_no_text_is_refused(
    client_of: Callable[..., TestClient], token: str, body: bytes
) -> None:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/x-www-form-urlencoded"}
    answer = client_of(with_actions=True).post("/workflows/good/run", content=body, headers=headers)
    assert answer.status_code in (400, 413)


def test_a_form_of_another_type_is_refused(client_of: Callable[..., TestClient], token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    assert client_of(with_actions=True).post("/workflows/good/run", json={}, headers=headers).status_code == 415


def test_a_token_of_another_project_is_none(actor: TestClient, project: Project) -> None:
    project.database.execute("UPDATE board_tokens SET project = 'other'")
    assert Tokens(project).list() == []
    assert post(actor, "/workflows/good/run").status_code == 401
