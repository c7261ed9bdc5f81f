"""Alerts as incidents in PagerDuty, taken by a service that checks them as PagerDuty does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve

from spine.core import errors
from spine.framework.alerts import AcknowledgingChannel, Alert, ResolvingChannel
from spine_alerts_pagerduty.channel import PagerDutyChannel
from tests.alerts_pagerduty.events_api import EventsApi
from tests.framework.alerts.ended import ENDED, SAID
from tests.http_conformance import HttpChannelConformance
from tests.http_faults import ALERT, CANARY, HttpFaults, failure
from tests.http_peer import Answer, HttpPeer, http_peer


@pytest.fixture
def api() -> EventsApi:
    return EventsApi(CANARY)


@pytest.fixture
def peer(api: EventsApi) -> Iterator[HttpPeer]:
    with http_peer(api) as peer:
        yield peer


def make(peer: HttpPeer, **options: Any) -> PagerDutyChannel:
    return PagerDutyChannel("on-call", CANARY, url=f"{peer.url}/v2/enqueue", **options)


class TestPagerDutyConforms(HttpChannelConformance):
    @pytest.fixture(autouse=True)
    def receiver(self, peer: HttpPeer) -> None:
        self.peer = peer

    def make_channel(self, **options: Any) -> PagerDutyChannel:
        return make(self.peer, **options)

    def make_failing_channel(self) -> PagerDutyChannel:
        return PagerDutyChannel("on-call", CANARY, url="http://nobody.invalid/")

    def secrets(self) -> list[str]:
        return [CANARY]


class TestPagerDutyFaults(HttpFaults):
    usual = EventsApi(CANARY)

    def make_channel(self, url: str, **options: Any) -> PagerDutyChannel:
        return PagerDutyChannel("on-call", CANARY, url=f"{url}/v2/enqueue", **options)


def test_an_incident_is_triggered_acknowledged_and_resolved(peer: HttpPeer, api: EventsApi):
    channel = make(peer)
    assert isinstance(channel, ResolvingChannel)
    assert isinstance(channel, AcknowledgingChannel)
    result = channel.send(ALERT)
    assert result.success
    assert result.response == {"status": 202, "dedup_key": ALERT.incident_key}
    assert api.incidents == {ALERT.incident_key: "triggered"}
    assert channel.acknowledge(ALERT).success
    assert api.incidents == {ALERT.incident_key: "acknowledged"}
    assert channel.resolve(ALERT).success
    assert api.incidents == {ALERT.incident_key: "resolved"}


def test_a_resolution_says_what_was_resolved(peer: HttpPeer, api: EventsApi):
    assert make(peer).resolve(ENDED).success
    payload = peer.received[-1].json["payload"]
    assert payload["summary"] == "weekly, step load"
    assert payload["timestamp"] == "2026-03-02T08:10:07.000+00:00"
    assert payload["custom_details"]["message"] == SAID
    assert "no file" not in str(payload)


def test_the_same_problem_is_one_incident_and_another_is_another(peer: HttpPeer, api: EventsApi):
    channel = make(peer)
    for title in ("one", "one", "two"):
        channel.send(Alert("ERROR", title, "m", "s"))
    assert len(api.incidents) == 2


def test_the_event_says_what_is_known(peer: HttpPeer):
    alert = Alert(
        "CRITICAL",
        "FINRA Ingestion Failed",
        "no file\nat all",
        "finra.otc.ingest",
        domain="finra.otc",
        run_id="r1",
        error=errors.NetworkError("connection reset"),
        metadata={"step": "ingest", "suppressed_count": 3},
    )
    make(peer, base_url="https://spine.example.org").send(alert)
    event = peer.received[0].json
    assert event["payload"] == {
        "summary": "FINRA Ingestion Failed (+ 3 more)",
        "source": "finra.otc.ingest",
        "severity": "critical",
        "timestamp": alert.created_at.isoformat(timespec="milliseconds"),
        "component": "finra.otc",
        "class": "NETWORK",
        "custom_details": {
            "message": "no file\nat all",
            "source": "finra.otc.ingest",
            "domain": "finra.otc",
            "run": "r1",
            "step": "ingest",
            "error": "NetworkError: connection reset",
            "category": "NETWORK",
            "retryable": "yes",
            "look closer": "spine runs show r1",
            "link": "https://spine.example.org/runs/r1",
        },
    }
    assert event["links"] == [{"href": "https://spine.example.org/runs/r1", "text": "Run"}]


def test_a_wrong_routing_key_says_what_to_set_and_not_what_it_is(peer: HttpPeer):
    error = failure(PagerDutyChannel("on-call", "wrong" + CANARY, url=f"{peer.url}/v2/enqueue").send(ALERT))
    assert type(error) is errors.AuthenticationError
    assert "set the integration key" in str(error)
    assert CANARY not in str(error)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            Answer(400, '{"status": "invalid event", "errors": ["\'payload.severity\' is invalid"]}'),
            errors.ValidationError,
        ),
        (Answer(400, "not json"), errors.ValidationError),
        (Answer(202, "<html>"), errors.TransientError),
        (Answer(202, '["success"]'), errors.TransientError),
        (Answer(200, '{"status": "invalid event"}'), errors.TransientError),
    ],
)
def test_any_other_answer_than_success_is_a_failure(peer: HttpPeer, answer: Answer, kind: type[Exception]):
    peer.answers.append(answer)
    assert type(failure(make(peer).send(ALERT))) is kind


def test_an_event_is_small_enough_whatever_the_alert_says(peer: HttpPeer):
    text = "\U0001f4a5" * 100_000
    alert = Alert("ERROR", text, text, text, domain=text, metadata={f"{n}{text}": text for n in range(100)})
    assert make(peer).send(alert).success
    assert len(json.dumps(peer.received[0].json)) < 512 * 1024


def test_metadata_with_the_keys_of_an_event_change_nothing_else(peer: HttpPeer):
    metadata = {"source": None, "message": "all is well", "link": "https://evil.example"}
    assert make(peer).send(evolve(ALERT, metadata=metadata)).success
    sent = peer.received[0].json["payload"]
    assert (sent["source"], sent["custom_details"]["message"]) == (ALERT.source, ALERT.message)
    assert sent["custom_details"]["metadata.link"] == "https://evil.example"
