"""Requests that a board refuses, and the headers of its answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8470", "127.0.0.1.evil.example", "", "169.254.1.1"])
def test_a_host_that_the_board_does_not_have_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "good" not in answer.text


@pytest.mark.parametrize("host", ["localhost:8470", "127.0.0.1", "[::1]:8470"])
def test_names_of_the_loopback_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/login", "/no-such-page", "/static/board.css", "/healthz"])
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_another_host_asks_for_a_token_for_reading(client_of: Callable[..., TestClient], token: str) -> None:
    client = client_of("http://10.0.0.5:8470", host="0.0.0.0")
    answer = client.get("/?a=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2F%3Fa%3D1")
    assert client.get("/", headers={"authorization": f"Bearer {token}"}).status_code == 200
    assert client.get("/", headers={"authorization": "Bearer wrong"}).status_code == 401
