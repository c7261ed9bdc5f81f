"""Alerts as incidents in ServiceNow, kept by a service that checks them as ServiceNow does."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from spine.core import errors
from spine.framework.alerts import Alert, ResolvingChannel
from spine.testing import FixedClock
from spine.testing.conformance.alert_channel import HOSTILE
from spine_alerts_servicenow.channel import ServiceNowChannel
from tests.alerts_servicenow.table_api import TableApi, refused
from tests.clocks import moving
from tests.framework.alerts.ended import ENDED, SAID
from tests.http_conformance import HttpChannelConformance
from tests.http_faults import ALERT, CANARY, HttpFaults, failure
from tests.http_peer import Answer, HttpPeer, drip, hang_up, http_peer, telling


@pytest.fixture
def api() -> TableApi:
    return TableApi("spine", CANARY)


@pytest.fixture
def peer(api: TableApi) -> Iterator[HttpPeer]:
    with http_peer(api) as peer:
        yield peer


def make(peer: HttpPeer, **options: Any) -> ServiceNowChannel:
    return ServiceNowChannel("desk", peer.url, "spine", CANARY, **options)


class TestServiceNowConforms(HttpChannelConformance):
    @pytest.fixture(autouse=True)
    def receiver(self, peer: HttpPeer, api: TableApi) -> None:
        self.peer, self.api = peer, api

    def make_channel(self, **options: Any) -> ServiceNowChannel:
        return make(self.peer, **options)

    def make_failing_channel(self) -> ServiceNowChannel:
        return ServiceNowChannel("desk", "http://nobody.invalid", "spine", CANARY)

    def delivered(self) -> int:
        return len(self.api.incidents) + len(self.api.notes)

    def secrets(self) -> list[str]:
        return [CANARY]


class TestServiceNowFaults(HttpFaults):
    usual = staticmethod(lambda received: TableApi("spine", CANARY)(received))

    def make_channel(self, url: str, **options: Any) -> ServiceNowChannel:
        return ServiceNowChannel("desk", url, "spine", CANARY, **options)


def test_an_incident_is_opened_noted_and_closed(peer: HttpPeer, api: TableApi):
    channel = make(peer, assignment_group="Data platform", caller="spine")
    assert isinstance(channel, ResolvingChannel)
    result = channel.send(ALERT)
    assert (result.message, result.response) == ("INC0000001", {"sys_id": f"{1:032x}", "number": "INC0000001"})
    assert channel.send(ALERT).message == "INC0000001"
    assert channel.resolve(ALERT).message == "INC0000001"
    [incident] = api.incidents
    assert incident["correlation_id"] == ALERT.incident_key
    assert incident["short_description"] == "[ERROR] FINRA Ingestion Failed"
    assert (incident["urgency"], incident["impact"]) == ("2", "2")
    assert (incident["assignment_group"], incident["caller_id"]) == ("Data platform", "spine")
    assert api.notes == [f"Again: [ERROR] FINRA Ingestion Failed\n{incident['description']}"]
    assert (incident["state"], incident["close_code"]) == ("7", "Solution provided")
    assert incident["close_notes"].startswith("[RESOLVED] FINRA Ingestion Failed\nResolved; the alert was of ")


def test_the_close_notes_say_what_was_resolved(peer: HttpPeer, api: TableApi):
    channel = make(peer)
    channel.send(ENDED)
    channel.resolve(ENDED)
    assert api.incidents[0]["close_notes"].startswith(f"[RESOLVED] weekly, step load\n{SAID}\n")
    assert "no file" not in api.incidents[0]["close_notes"]


def test_the_same_problem_after_the_end_is_another_incident(peer: HttpPeer, api: TableApi):
    channel = make(peer, closed_state="6", close_code="Solved (Permanently)")
    channel.send(ALERT)
    channel.resolve(ALERT)
    channel.send(ALERT)
    assert [incident["state"] for incident in api.incidents] == ["6", "1"]


def test_the_end_of_an_incident_that_was_closed_by_hand_changes_nothing(peer: HttpPeer, api: TableApi):
    result = make(peer).resolve(ALERT)
    assert (result.success, result.message) == (True, "no incident is open")
    assert [received.method for received in peer.received] == ["GET"]


def test_a_reply_that_is_lost_leads_to_no_second_incident(peer: HttpPeer, api: TableApi):
    real = api.__call__
    lost = iter([False, True])
    peer.usual = lambda received: (answer := real(received), Answer(raw=hang_up) if next(lost, False) else answer)[1]
    channel = make(peer)
    assert failure(channel.send(ALERT)).retryable
    assert channel.send(ALERT).success
    assert len(api.incidents) == 1


def test_an_instance_with_long_fields_of_its_own_gets_one_incident_and_each_note_once(peer: HttpPeer, api: TableApi):
    api.own = {"u_history": "x" * 100_000}
    for _ in range(2):
        assert make(peer).send(ALERT).success
    assert make(peer).resolve(ALERT).success
    assert (len(api.incidents), len(api.notes)) == (1, 1)


def test_the_description_says_what_is_known(peer: HttpPeer, api: TableApi):
    alert = Alert(
        "CRITICAL",
        "FINRA Ingestion Failed",
        "no file",
        "finra.otc.ingest",
        domain="finra.otc",
        run_id="r1",
        error=errors.NetworkError("connection reset"),
        metadata={"step": "ingest"},
        created_at=ALERT.created_at.replace(2026, 3, 1, 6, 0, 7, 0),
    )
    make(peer, base_url="https://spine.example.org").send(alert)
    assert api.incidents[0]["description"].splitlines() == [
        "no file",
        "",
        "source: finra.otc.ingest",
        "domain: finra.otc",
        "run: r1",
        "step: ingest",
        "error: NetworkError: connection reset",
        "category: NETWORK",
        "retryable: yes",
        "look closer: spine runs show r1",
        "link: https://spine.example.org/runs/r1",
        "time: 2026-03-01 06:00:07 UTC",
    ]


@pytest.mark.parametrize("text", ["x" * 12_000, "[code]" * 5000, "\U0001f4a5\n" * 4000])
def test_a_long_text_leaves_room_for_where_to_look(peer: HttpPeer, api: TableApi, text: str):
    alert = Alert(
        "ERROR", text, text, "weekly", run_id="r1", error=text, metadata={f"{text} {n}": text for n in range(30)}
    )
    channel = make(peer, base_url="https://spine.example.org")
    for deliver in (channel.send, channel.send, channel.resolve):
        assert deliver(alert).success
    [incident] = api.incidents
    for field in ("description", "work_notes", "close_notes"):
        assert len(incident[field]) <= 4000
        lines = incident[field].splitlines()
        assert {"source: weekly", "run: r1"} <= set(lines)
        assert lines[-3:-1] == ["look closer: spine runs show r1", "link: https://spine.example.org/runs/r1"]


@pytest.mark.parametrize("text", [*HOSTILE, "[code]" * 5000], ids=range(len(HOSTILE) + 1))
def test_no_text_breaks_a_field_or_becomes_html(peer: HttpPeer, api: TableApi, text: str):
    channel = make(peer)
    alert = Alert("ERROR", text, f"{text}[code]<script>[/code][CODE]", "s", fingerprint=f"a^b^ORstate=1{text}")
    assert channel.send(alert).success
    assert channel.send(alert).success
    assert channel.resolve(alert).success
    [incident] = api.incidents
    assert not [value for value in incident.values() if "[code]" in value.lower() or "[/code]" in value.lower()]


@pytest.mark.parametrize(
    ("answer", "kind", "retryable"),
    [
        (
            refused(401, "User Not Authenticated", "Required to provide Auth information"),
            errors.AuthenticationError,
            False,
        ),
        (refused(403, "Operation Failed", "ACL Exception Insert Failed"), errors.AuthorizationError, False),
        (refused(404, "No Record found", ""), errors.ConfigError, False),
        (Answer(200, "<html>Your instance is hibernating</html>"), errors.TransientError, True),
        (Answer(200, '{"result": [{"number": "INC1"}]}'), errors.TransientError, True),
        (Answer(200, '{"result": ["INC1"]}'), errors.TransientError, True),
        (Answer(200, "[]"), errors.TransientError, True),
    ],
)
def test_a_refusal_of_servicenow_is_a_typed_error(peer: HttpPeer, answer: Answer, kind: Any, retryable: bool):
    peer.answers.append(answer)
    error = failure(make(peer).send(ALERT))
    assert type(error) is kind
    assert error.retryable is retryable


def test_wrong_credentials_are_refused_and_not_shown(peer: HttpPeer):
    error = failure(ServiceNowChannel("desk", peer.url, "spine", f"not-{CANARY}").send(ALERT))
    assert type(error) is errors.AuthenticationError
    assert CANARY not in str(error)


def test_the_deadline_is_for_all_requests_of_a_delivery_together(
    peer: HttpPeer, api: TableApi, fixed_clock: FixedClock
):
    real, dripping = api.__call__, Event()

    def slow(received: Any) -> Answer:
        fixed_clock.advance(200)
        return telling(dripping, drip) if received.method == "POST" else real(received)

    peer.usual = slow
    with moving(fixed_clock, 100, when=dripping.is_set):
        error = failure(make(peer, deadline_seconds=500).send(ALERT))
    assert "within 500 seconds" in str(error)
    assert fixed_clock.monotonic() == 500


def test_a_user_with_a_colon_is_refused_when_the_channel_is_made():
    with pytest.raises(errors.InvalidConfigError, match="colon"):
        ServiceNowChannel("desk", "https://acme.service-now.com", "a:b", "c")
