"""The proxy that the environment names."""

from __future__ import annotations

import httpx
import pytest

from spine.core.deadline import Deadline
from spine.core.errors import ConfigError, NetworkError
from spine.core.secrets import Secret
from spine.http.exchange import Request, exchange
from spine.http.proxies import proxy_of
from tests.http_peer import Answer, http_peer

URL = httpx.URL("https://hooks.example.org/x")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def named(url: httpx.URL = URL) -> str | None:
    proxy = proxy_of(url, "the service")
    return None if proxy is None else f"{proxy.url.host.decode()}:{proxy.url.port}"


def test_without_one_none_is_used() -> None:
    assert named() is None


def test_the_scheme_of_the_url_decides_and_all_is_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://secure.example:3128")
    monkeypatch.setenv("ALL_PROXY", "other.example:8080")
    assert named() == "secure.example:3128"
    assert named(httpx.URL("http://hooks.example.org/x")) == "other.example:8080"


@pytest.mark.parametrize("hosts", ["hooks.example.org", "example.org", ".example.org", "a, hooks.example.org", "*"])
def test_a_host_of_no_proxy_is_reached_directly(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://other.example:8080")
    monkeypatch.setenv("NO_PROXY", hosts)
    assert named() is None


def test_a_user_in_it_is_sent_to_the_proxy_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pa%40ss@secure.example:3128")
    proxy = proxy_of(URL, "the service")
    assert proxy is not None
    assert proxy.auth == (b"user", b"pa@ss")


@pytest.mark.parametrize("value", ["wat://h", "http://", "http://h:port", "socks5://user:hunter2@h:1"])
def test_one_that_cannot_be_used_is_an_error_that_does_not_show_it(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(ConfigError, match=r"^the service cannot be reached: HTTPS_PROXY, .* names ") as caught:
        proxy_of(URL, "the service")
    assert "hunter2" not in str(caught.value)


def test_one_that_refuses_to_connect_may_do_so_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_peer(Answer()) as peer:
        monkeypatch.setenv("HTTPS_PROXY", peer.url)
        with pytest.raises(NetworkError, match=r"^the service cannot be reached: 501 ") as caught:
            exchange("the service", Request("POST", Secret(str(URL))), Deadline(30))
    assert caught.value.retryable
