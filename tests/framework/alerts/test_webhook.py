"""Alerts as JSON to a URL."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from spine.core import errors
from spine.core.secrets import Secret
from spine.framework.alerts import AcknowledgingChannel, Alert, ResolvingChannel, WebhookChannel
from tests.framework.alerts.ended import ENDED, SAID
from tests.http_conformance import HttpChannelConformance
from tests.http_faults import ALERT, CANARY, HttpFaults, failure
from tests.http_peer import Answer, HttpPeer, http_peer


@pytest.fixture
def peer() -> Iterator[HttpPeer]:
    with http_peer(Answer(204, "")) as peer:
        yield peer


class TestWebhookConforms(HttpChannelConformance):
    @pytest.fixture(autouse=True)
    def receiver(self, peer: HttpPeer) -> None:
        self.peer = peer

    def make_channel(self, **options: Any) -> WebhookChannel:
        return WebhookChannel("hook", f"{self.peer.url}/{CANARY}", headers={"Authorization": CANARY}, **options)

    def make_failing_channel(self) -> WebhookChannel:
        return WebhookChannel("hook", f"http://nobody.invalid/{CANARY}")

    def secrets(self) -> list[str]:
        return [CANARY]


class TestWebhookFaults(HttpFaults):
    takes_a_long_reply = True  # the status says all that matters

    def make_channel(self, url: str, **options: Any) -> WebhookChannel:
        return WebhookChannel("hook", f"{url}/{CANARY}", headers={"Authorization": f"Bearer {CANARY}"}, **options)


def test_the_alert_is_posted_as_its_dict(peer: HttpPeer):
    result = WebhookChannel("hook", f"{peer.url}/in?a=b", headers={"X-Team": "data"}).send(ALERT)
    assert result.success
    assert result.response == {"status": 204}
    [received] = peer.received
    assert (received.method, received.path) == ("POST", "/in?a=b")
    assert received.json == ALERT.to_dict()
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["X-Team"] == "data"


def test_a_resolution_says_what_was_resolved_instead_of_the_error(peer: HttpPeer):
    channel = WebhookChannel("hook", peer.url)
    assert isinstance(channel, ResolvingChannel)
    assert not isinstance(channel, AcknowledgingChannel)
    assert channel.resolve(ENDED).success
    body = peer.received[0].json
    assert (body["status"], body["title"], body["message"], body["error"]) == (
        "resolved",
        "weekly, step load",
        SAID,
        None,
    )
    kept = ("alert_id", "severity", "source", "run_id", "created_at", "fingerprint")
    assert {key: body[key] for key in kept} == {key: ENDED.to_dict()[key] for key in kept}
    assert body["metadata"]["incident"]["alert_count"] == 13


def test_a_repetition_is_told_by_the_alerts_id(peer: HttpPeer):
    channel = WebhookChannel("hook", peer.url)
    channel.send(ALERT)
    channel.send(ALERT)
    first, again = peer.received
    assert first.json["alert_id"] == again.json["alert_id"]


def test_credentials_in_the_url_are_sent_as_basic_authentication(peer: HttpPeer):
    url = peer.url.replace("://", f"://user:{CANARY}%40@")
    assert WebhookChannel("hook", Secret(url)).send(ALERT).success
    expected = base64.b64encode(f"user:{CANARY}@".encode()).decode()
    assert peer.received[0].headers["Authorization"] == f"Basic {expected}"


@pytest.mark.parametrize(
    "url",
    ["", "hooks.example.org/x", "ftp://h/x", "https://", "https:///x", "http://h:port/", "http://a b/", "http://[/"],
)
def test_an_invalid_url_is_refused_when_the_channel_is_made_and_not_shown(url: str):
    with pytest.raises(errors.InvalidConfigError, match="url is not a URL") as caught:
        WebhookChannel("hook", url)
    assert url in ("", "https://") or url not in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("X\r\nY", "v"), ("", "v"), ("X", "a\r\nY: b"), ("X", "é")])
def test_a_header_that_is_none_is_refused_when_the_channel_is_made(name: str, value: str):
    with pytest.raises(errors.InvalidConfigError, match="cannot be sent"):
        WebhookChannel("hook", "http://h/", headers={name: value})


def test_an_environments_proxy_is_used(peer: HttpPeer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", peer.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert WebhookChannel("hook", "http://hooks.example.org/x").send(ALERT).success
    assert peer.received[0].path == "http://hooks.example.org/x"


@pytest.mark.parametrize(("variable", "value"), [("HTTP_PROXY", "wat://h"), ("ALL_PROXY", "socks5://h:1")])
def test_a_proxy_that_cannot_be_used_is_a_matter_of_settings(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(variable, value)
    error = failure(WebhookChannel("hook", "http://hooks.example.org/x").send(ALERT))
    assert type(error) is errors.ConfigError
    assert "proxy" in str(error)


def test_a_file_of_authorities_that_is_not_there_is_a_matter_of_settings(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    error = failure(WebhookChannel("hook", "https://hooks.example.org/x").send(ALERT))
    assert type(error) is errors.ConfigError
    assert "SSL_CERT_FILE" in str(error)


def test_a_part_of_the_url_that_a_service_repeats_is_masked(peer: HttpPeer):
    peer.answers.append(Answer(400, f"unknown token {CANARY}"))
    error = failure(WebhookChannel("hook", f"{peer.url}/a/{CANARY}/b").send(ALERT))
    assert CANARY not in str(error)


def test_the_limit_of_time_is_for_connecting_too():
    """A listener whose queue is full answers nothing at all."""
    import socket

    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            waiting.append(client)
        error = failure(WebhookChannel("hook", f"http://127.0.0.1:{port}", deadline_seconds=0.2).send(ALERT))
        for client in waiting:
            client.close()
    assert type(error) is errors.TimeoutError


def test_without_httpx_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['httpx'] = None\n"
        "from spine.framework.alerts import Alert, WebhookChannel\n"
        "result = WebhookChannel('hook', 'http://h/').send(Alert('ERROR', 't', 'm', 's'))\n"
        "print(type(result.error).__name__, result.error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ))
    assert run.stdout.startswith("ConfigError ")
    assert "pip install 'spine-core[http]'" in run.stdout


def test_other_use_of_httpx_is_logged_as_ever(peer: HttpPeer, caplog: pytest.LogCaptureFixture):
    import httpx

    WebhookChannel("hook", peer.url).send(Alert("ERROR", "t", "m", "s"))
    with caplog.at_level("INFO", logger="httpx"):
        httpx.get(peer.url)
    assert [record.name for record in caplog.records if record.name == "httpx"] == ["httpx"]
