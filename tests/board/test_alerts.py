"""Pages of alerts: incidents, deliveries, channels and silences, and the actions on them."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from spine.framework.alerts import AlertSeverity, send_alert
from spine.project import Project
from tests.board.acting import assert_refused, send
from tests.board.html_page import Html
from tests.board.market import BIDI, SCRIPT, SECRETS, open_market


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with open_market(tmp_path) as opened:
        yield opened


@pytest.fixture
def alert(project: Project) -> str:
    """Raise an alert that no channel can deliver, and return its id."""
    project.alerts.flush()  # which registers the channels
    send_alert(AlertSeverity.ERROR, SCRIPT, BIDI, "ops", domain="market")
    return str(project.alerts.find("latest")["id"])


def test_a_project_without_alerts_says_so(client: TestClient) -> None:
    page = client.get("/alerts").text
    assert "No open incident" in page
    assert "There was no incident yet." in page
    assert "unused" in page


def test_an_open_incident_is_counted_and_leads_to_its_alert(client: TestClient, alert: str) -> None:
    page = client.get("/alerts").text
    assert "1 open incident" in page.partition("</h1>")[0]
    assert f"/alerts/{alert}" in Html(page).links
    assert SCRIPT not in page


@pytest.mark.usefixtures("alert")
def test_open_incidents_stand_before_those_that_are_over(project: Project, client: TestClient) -> None:
    send_alert(AlertSeverity.CRITICAL, "newer", "", "other")
    project.alerts.resolve("latest")
    page = client.get("/alerts").text.partition("Deliveries that are not done")[0]
    assert page.index("FIRING") < page.index("RESOLVED")


def test_a_delivery_that_failed_has_its_error_and_its_next_attempt(
    project: Project, client: TestClient, alert: str
) -> None:
    [delivery] = project.alerts.deliveries(alert)
    for location in ("/alerts", f"/alerts/{alert}"):
        page = client.get(location).text
        assert delivery["error"] in unescape(page)
        assert delivery["next_retry_at"].isoformat() in page
        assert [secret for secret in SECRETS if secret in page] == []


def test_severities_are_sorted_by_rank(client: TestClient, alert: str) -> None:
    for severity in ("WARNING", "CRITICAL"):
        send_alert(AlertSeverity(severity), severity.lower(), "", "ops")
    page = client.get("/alerts?alerts=-rank").text.partition("Newest alerts</h2>")[2]
    assert page.index("CRITICAL") < page.index("ERROR") < page.index("WARNING")


def test_an_incident_is_acknowledged_and_resolved(project: Project, actor: TestClient, alert: str) -> None:
    done = send(actor, "/alerts", f"/alerts/{alert}/acknowledge")
    assert (done.status_code, done.headers["location"]) == (303, "/alerts")
    assert project.alerts.incident(alert)["acknowledged_at"] is not None
    page = actor.get(f"/alerts/{alert}").text
    assert "ACKNOWLEDGED" in page
    assert f"/alerts/{alert}/acknowledge" not in page
    send(actor, f"/alerts/{alert}", f"/alerts/{alert}/resolve")
    assert project.alerts.incident(alert)["resolved_at"] is not None
    assert 'action="/alerts' not in actor.get(f"/alerts/{alert}").text


def test_an_incident_that_is_over_cannot_be_acknowledged(project: Project, actor: TestClient, alert: str) -> None:
    csrf = actor.get(f"/alerts/{alert}").text.partition('name="csrf" value="')[2].partition('"')[0]
    project.alerts.resolve(alert)
    assert actor.post(f"/alerts/{alert}/acknowledge", data={"csrf": csrf}).status_code == 400


def test_a_silence_is_made_with_the_name_of_the_visitor(project: Project, actor: TestClient) -> None:
    form = {"source": "op*", "severity": "", "until": "2h", "comment": SCRIPT}
    assert send(actor, "/alerts", "/silences", form).status_code == 303
    [silence] = project.alerts.silences()
    assert (silence["match"], "ada" in silence["comment"]) == ({"source": "op*"}, True)
    page = actor.get("/alerts").text
    assert "source=op*" in page
    assert SCRIPT not in page


@pytest.mark.parametrize("form", [{"until": "2h"}, {"source": "ops", "until": "soon"}])
def test_a_silence_without_a_pattern_or_an_end_is_refused(
    project: Project, actor: TestClient, form: dict[str, str]
) -> None:
    assert send(actor, "/alerts", "/silences", form).status_code == 400
    assert project.alerts.silences() == []


def test_actions_need_a_token_and_the_form(project: Project, client: TestClient, actor: TestClient, alert: str) -> None:
    for action in ("acknowledge", "resolve"):
        assert_refused(client, actor, f"/alerts/{alert}", f"/alerts/{alert}/{action}")
    assert_refused(client, actor, "/alerts", "/silences")
    incident = project.alerts.incident(alert)
    assert (incident["acknowledged_at"], incident["resolved_at"]) == (None, None)
