"""Alerts in Slack, taken by a service that checks them as Slack does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core import errors
from spine.framework.alerts import Alert, AlertSeverity, ResolvingChannel
from spine.framework.alerts.backoff import pause_after
from spine.framework.alerts.content import build_content
from spine.testing.conformance.alert_channel import HOSTILE
from spine_alerts_slack.channel import SlackChannel
from spine_alerts_slack.message import payload
from tests.alerts_slack.slack_service import as_seen, slack, texts
from tests.framework.alerts.ended import ENDED, SAID
from tests.http_conformance import HttpChannelConformance
from tests.http_faults import ALERT, CANARY, HttpFaults, failure
from tests.http_peer import Answer, HttpPeer, Received, http_peer


@pytest.fixture
def peer() -> Iterator[HttpPeer]:
    with http_peer(slack) as peer:
        yield peer


class TestSlackConforms(HttpChannelConformance):
    @pytest.fixture(autouse=True)
    def receiver(self, peer: HttpPeer) -> None:
        self.peer = peer

    def make_channel(self, **options: Any) -> SlackChannel:
        return SlackChannel("ops", f"{self.peer.url}/services/T0/B0/{CANARY}", **options)

    def make_failing_channel(self) -> SlackChannel:
        return SlackChannel("ops", f"http://nobody.invalid/services/T0/B0/{CANARY}")

    def secrets(self) -> list[str]:
        return [CANARY]


class TestSlackFaults(HttpFaults):
    usual = staticmethod(slack)

    def make_channel(self, url: str, **options: Any) -> SlackChannel:
        return SlackChannel("ops", f"{url}/services/T0/B0/{CANARY}", **options)


@pytest.mark.parametrize(
    ("status", "body", "kind", "retryable"),
    [
        (400, "invalid_payload", errors.ValidationError, False),
        (400, "no_text", errors.ValidationError, False),
        (400, "too_many_attachments", errors.ValidationError, False),
        (400, "user_not_found", errors.ConfigError, False),
        (403, "action_prohibited", errors.AuthorizationError, False),
        (403, "invalid_token", errors.AuthenticationError, False),
        (404, "channel_not_found", errors.ConfigError, False),
        (404, "no_service", errors.ConfigError, False),
        (410, "channel_is_archived", errors.ConfigError, False),
        (500, "rollup_error", errors.TransientError, True),
        (429, "rate_limited", errors.RateLimitError, True),
        (200, '{"ok": false, "error": "channel_not_found"}', errors.ConfigError, False),
        (200, '{"ok": false, "error": "ratelimited_in_a_new_way"}', errors.TransientError, True),
        (200, "rate_limited", errors.RateLimitError, True),
        (200, "no_service", errors.ConfigError, False),
        (200, "", errors.TransientError, True),
        (200, "<html>please log in</html>", errors.TransientError, True),
    ],
)
def test_a_refusal_of_slack_is_a_typed_error(peer: HttpPeer, status: int, body: str, kind: Any, retryable: bool):
    peer.answers.append(Answer(status, body))
    error = failure(SlackChannel("ops", peer.url).send(ALERT))
    assert type(error) is kind
    assert error.retryable is retryable


def test_an_ok_as_json_is_one_too(peer: HttpPeer):
    peer.answers.append(Answer(200, '{"ok": true}'))
    assert SlackChannel("ops", peer.url).send(ALERT).success


def test_a_person_sees_everything_about_the_alert(peer: HttpPeer):
    alert = Alert(
        "ERROR",
        "FINRA Ingestion Failed",
        "Weekly OTC file could not be downloaded",
        "finra.otc.ingest",
        domain="finra.otc",
        run_id="r1",
        error=errors.NetworkError("connection reset"),
        metadata={"step": "ingest", "suppressed_count": 12, "week": "20251215"},
        created_at=ALERT.created_at.replace(2026, 3, 1, 6, 0, 7, 0),
    )
    SlackChannel("ops", peer.url, base_url="https://spine.example.org/").send(alert)
    assert as_seen(peer.received[0].json).splitlines() == [
        "[ERROR] FINRA Ingestion Failed (+ 12 more)",
        "Weekly OTC file could not be downloaded",
        "source: finra.otc.ingest",
        "domain: finra.otc",
        "run: r1",
        "step: ingest",
        "error: NetworkError: connection reset",
        "category: NETWORK",
        "retryable: yes",
        "week: 20251215",
        "look closer: spine runs show r1",
        "Open the run (https://spine.example.org/runs/r1)",
        "2026-03-01 06:00:07 UTC",
    ]


def test_the_bar_has_the_color_of_the_severity_and_another_when_it_is_over(peer: HttpPeer):
    channel = SlackChannel("ops", peer.url)
    for severity in AlertSeverity:
        channel.send(Alert(severity, "t", "m", "s"))
    assert isinstance(channel, ResolvingChannel)
    channel.resolve(ALERT)
    messages = [received.json for received in peer.received]
    assert len({message["attachments"][0]["color"] for message in messages}) == 5
    assert messages[-1]["text"] == "[RESOLVED] FINRA Ingestion Failed"


def test_a_resolution_says_what_was_resolved(peer: HttpPeer):
    assert SlackChannel("ops", peer.url).resolve(ENDED).success
    message = peer.received[-1].json
    assert message["text"] == "[RESOLVED] weekly, step load"
    assert SAID in str(message)
    assert "no file" not in str(message)


def test_a_rate_limit_that_only_the_body_tells_has_the_retry_after(peer: HttpPeer):
    peer.answers.append(Answer(200, "rate_limited", {"Retry-After": "90"}))
    result = SlackChannel("ops", peer.url).send(ALERT)
    assert pause_after(result) == timedelta(seconds=90)


def test_a_legacy_webhook_is_told_where_to_post_and_as_whom(peer: HttpPeer):
    channel = SlackChannel("ops", peer.url, channel="#data", username="Spine", icon_emoji=":fire:")
    assert channel.send(ALERT).success
    sent = peer.received[0].json
    assert (sent["channel"], sent["username"], sent["icon_emoji"]) == ("#data", "Spine", ":fire:")
    SlackChannel("ops", peer.url).send(ALERT)
    assert not {"channel", "username", "icon_emoji"} & set(peer.received[1].json)


def hostile_message(text: str) -> dict[str, Any]:
    alert = Alert("ERROR", text, text, text, domain=text, run_id=text, error=text, metadata={text: text, "step": text})
    return payload(build_content(alert, base_url="https://spine.example.org"))


@pytest.mark.parametrize(
    "text",
    [
        "<!channel> <!here> <!everyone>",
        "<@U024BE7LH> <#C024BE7LR>",
        "<https://evil.example|click here>",
        "https://evil.example @channel #general",
        "a & b &lt;!channel&gt;",
        "`<!channel>` *bold* _it_ ~no~",
        "\n> quote\n```<!channel>```",
    ],
)
def test_nothing_in_an_alert_mentions_links_or_formats(text: str):
    message = hostile_message(text)
    assert message["parse"] == "none"
    assert message["link_names"] is False
    own_link = "<https://spine.example.org/runs/"
    for shown in [{"text": message["text"], "type": "plain_text"}, *texts(message)]:
        rest = "".join(part.partition("|Open the run>")[2] for part in shown["text"].split(own_link)[1:])
        outside = shown["text"].split(own_link)[0] + rest
        assert "<" not in outside
        assert ">" not in outside
        assert shown["type"] == "plain_text" or shown["verbatim"] is True


def test_a_label_does_not_begin_the_code_that_a_value_is():
    alert = Alert("ERROR", "t", "m", "s", metadata={"a`b": "*bold* :fire:"})
    facts = payload(build_content(alert))["attachments"][0]["blocks"][1]["text"]["text"]
    assert facts.splitlines()[-1] == "*a'b:* `*bold* :fire:`"


@given(st.text(st.sampled_from("<>&!@#|*_~`\n\r\x1b[31m:/. ax") | st.characters()))
def test_slack_takes_a_message_whatever_an_alert_says(text: str):
    assert_taken(hostile_message(text))


@pytest.mark.parametrize("text", [*HOSTILE, "&" * 10_000, "<" * 3001, "\U0001f4a5" * 5000], ids=range(len(HOSTILE) + 3))
def test_a_message_keeps_slacks_limits(text: str):
    assert_taken(hostile_message(text))


def assert_taken(message: dict[str, Any]) -> None:
    import json

    received = Received("POST", "/", {"Content-Type": "application/json"}, json.dumps(message).encode())
    assert slack(received) == Answer(200, "ok")


def test_a_message_with_too_many_facts_still_says_where_to_look_closer():
    alert = Alert("ERROR", "t", "m", "s", run_id="r1", metadata={f"key {n}": "x" * 400 for n in range(50)})
    message = payload(build_content(alert, base_url="https://spine.example.org"))
    assert_taken(message)
    assert "spine runs show r1" in as_seen(message)
    assert "Open the run" in as_seen(message)
