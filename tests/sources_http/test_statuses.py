"""Statuses that are no data, and rate limits by other statuses than 429."""

from __future__ import annotations

import pytest

from spine.core.errors import AuthorizationError, RateLimitError, SourceUnavailableError
from spine.http.ratelimit import rate_limit
from tests.sources_http.server import Asked, FakeTime, Reply, rows

NOW = FakeTime().start
EPOCH = round(NOW.timestamp())


def test_accepted_is_no_data_and_is_asked_again(server, source, fake_time):
    url = server.on("/x", Reply(202, b"{}"), Reply(202, b"{}", {"Retry-After": "5"}), rows({"week": 1}))
    assert source(url).fetch().data == [{"week": 1}]
    assert fake_time.waits == [1, 5]


@pytest.mark.parametrize(
    ("options", "asked"),
    [({"max_attempts": 2}, 2), ({"max_attempts": 2, "poll_timeout": 600, "total_timeout": 9e3}, 13)],
)
def test_accepted_for_too_long_is_an_error(server, source, fake_time, options, asked):
    url = server.on("/x", Reply(202, b"{}", {"Retry-After": "50"}))
    error = source(url, **options).fetch().error
    assert isinstance(error, SourceUnavailableError)
    assert str(error) == (
        f"{url} answered 202 (Accepted): the server has no data yet; give it more time with poll_timeout "
        f"(source 'api', {asked} attempts)"
    )
    assert len(server.asked) == asked


def test_other_failures_count_as_ever_while_a_server_is_polled(server, source):
    url = server.on("/x", Reply(202), Reply(500))
    assert not source(url, poll_timeout=3600, max_attempts=3).fetch().success
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {}, None),
        (429, {"retry-after": "7"}, 7),
        (429, {"x-ratelimit-reset": "30"}, 30),
        (429, {"x-ratelimit-reset": str(EPOCH + 30)}, 30),
        (429, {"x-ratelimit-reset": str((EPOCH + 30) * 1000)}, 30),
        (429, {"x-ratelimit-reset": f"{EPOCH + 30}.5"}, 30.5),
        (429, {"x-ratelimit-reset": str(EPOCH - 30)}, 0),
        (429, {"x-ratelimit-reset": "soon"}, None),
        (429, {"ratelimit": '"default";r=0;t=30'}, 30),
        (429, {"ratelimit": "limit=100, remaining=0, reset=30"}, 30),
        (429, {"ratelimit-reset": "30", "retry-after": "7"}, 7),
        (403, {"retry-after": "7"}, 7),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(EPOCH + 30)}, 30),
        (403, {"x-ratelimit-reset": "30"}, 30),
        (403, {"x-ratelimit-remaining": "0"}, None),
        (403, {"ratelimit": '"default";r=0;t=30'}, 30),
    ],
)
def test_a_rate_limit_is_told_by_its_headers(status, headers, seconds):
    found = rate_limit(status, headers, NOW)
    assert found is not None
    assert found.seconds == seconds


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {}),
        (403, {"x-ratelimit-limit": "60"}),
        (403, {"x-ratelimit-remaining": "4999", "x-ratelimit-reset": str(EPOCH + 30)}),
        (403, {"ratelimit": '"default";r=50;t=30'}),
        (503, {"retry-after": "7"}),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}),
    ],
)
def test_a_refusal_with_requests_left_is_no_rate_limit(status, headers):
    assert rate_limit(status, headers, NOW) is None


def test_a_forbidden_that_is_a_rate_limit_is_waited_for(server, source, fake_time):
    limited = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + 20)}
    url = server.on("/x", Reply(403, headers=limited), rows({"a": 1}))
    assert source(url).fetch().data == [{"a": 1}]
    assert fake_time.waits == [20]
    server.on("/x", Reply(403, headers=limited))
    assert isinstance(source(url, max_attempts=1).fetch().error, RateLimitError)
    server.on("/x", Reply(403, headers={**limited, "X-RateLimit-Remaining": "12"}))
    assert isinstance(source(url).fetch().error, AuthorizationError)


@pytest.mark.parametrize("attributes", ["", "; Path=/; HttpOnly", "; Max-Age=60; SameSite=Lax", "; Domain=127.0.0.1"])
def test_a_cookie_of_a_redirect_to_the_same_url_is_sent_back(server, source, attributes):
    def answer(asked: Asked) -> Reply:
        if asked.headers.get("cookie") == "seen=1":
            return rows({"a": 1})
        return Reply(302, headers={"Location": "/x", "Set-Cookie": f"seen=1{attributes}"})

    made = source(server.on("/x", answer))
    assert made.fetch().data == [{"a": 1}]
    assert made.fetch().success
    assert [asked.headers.get("cookie") for asked in server.asked] == [None, "seen=1"] * 2, "one fetch, one jar"


def test_a_cookie_is_sent_to_its_origin_only_and_by_its_rules(server, other, source):
    cookies = {"Location": f"{other.url}/y", "Set-Cookie": "token=secret; Path=/"}
    other.on("/y", rows({"a": 1}))
    assert source(server.on("/x", Reply(302, headers=cookies))).fetch().data == [{"a": 1}]
    assert "cookie" not in other.asked[0].headers
    url = server.on("/z", rows({"a": 1}, Link='</z?p=2>; rel="next"', **{"Set-Cookie": "a=1; Secure"}), rows({"a": 2}))
    assert source(url, pagination={"type": "link"}).fetch().data == [{"a": 1}, {"a": 2}]
    assert "cookie" not in server.asked[-1].headers


def test_a_configured_cookie_is_sent_as_it_is(server, source):
    url = server.on("/x", Reply(302, headers={"Location": "/y", "Set-Cookie": "a=2"}))
    server.on("/y", rows({"a": 1}))
    assert source(url, headers={"Cookie": "a=1"}).fetch().success
    assert [asked.headers["cookie"] for asked in server.asked] == ["a=1", "a=1"]
