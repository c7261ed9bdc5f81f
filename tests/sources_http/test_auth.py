"""Credentials: each kind as its RFC says, tokens renewed, mistakes named."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest

from spine.core.errors import AuthenticationError, InvalidConfigError, SourceError
from spine.core.secrets import Secret
from spine_sources_http.auth import Auth, AuthType
from tests.sources_http.server import Asked, Reply, document, rows


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"type": "api_key", "header": "X-Api-Key", "key": "k1"}, "x-api-key", "k1"),
        ({"type": "basic", "username": "ada", "password": "p:ä"}, "authorization", basic("ada:p:ä")),
        ({"type": "bearer", "token": "t.1"}, "authorization", "Bearer t.1"),
        (Auth(AuthType.BEARER, token=Secret("t.2")), "authorization", "Bearer t.2"),
    ],
)
def test_credentials_go_into_a_header(server, source, auth, header, value):
    assert source(server.on("/x", rows()), auth=auth).fetch().success
    assert server.asked[0].headers[header] == value


def test_a_key_in_the_url_is_added_to_every_page_and_replaces_none_of_the_rest(server, source):
    url = server.on("/x", rows({"n": 1}, Link='<x?p=2&sig=%2f+>; rel="next"'), rows({"n": 2}))
    auth = {"type": "api_key", "query": "key", "key": "k&1"}
    assert source(url, params={"a": "1"}, auth=auth, pagination={"type": "link"}).fetch().success
    assert [asked.query for asked in server.asked] == [
        {"a": ["1"], "key": ["k&1"]},
        {"p": ["2"], "sig": ["/ "], "key": ["k&1"]},
    ]


def test_user_and_password_of_the_url_are_basic_authentication(server, source):
    url = server.on("/x", rows()).replace("//", "//ada:p%40ss@")
    result = source(url).fetch()
    assert server.asked[0].headers["authorization"] == basic("ada:p@ss")
    assert result.metadata.url == f"{server.url}/x"


class Tokens:
    """The token endpoint and an API that takes the newest token only."""

    def __init__(self, server, seconds: object = 3600) -> None:
        self.seconds = seconds
        self.given = 0
        self.token_url = server.on("/token", self.give)
        self.url = server.on("/x", self.answer)
        self.auth = {"type": "oauth2", "token_url": self.token_url, "client_id": "me", "client_secret": "s3cr&t"}

    def give(self, asked: Asked) -> Reply:
        self.given += 1
        return document({"access_token": f"token-{self.given}", "token_type": "bearer", "expires_in": self.seconds})

    def answer(self, asked: Asked) -> Reply:
        good = asked.headers.get("authorization") == f"Bearer token-{self.given}"
        return rows({"a": 1}) if good else Reply(401)


def test_oauth_asks_for_a_token_once_and_keeps_it(server, source):
    tokens = Tokens(server)
    made = source(tokens.url, auth=tokens.auth | {"scope": "read all"})
    assert [made.fetch().data for _ in range(2)] == [[{"a": 1}], [{"a": 1}]]
    asked = [asked for asked in server.asked if asked.path == "/token"]
    assert [asked.body for asked in asked] == [b"grant_type=client_credentials&scope=read+all"]
    assert asked[0].headers["authorization"] == basic("me:s3cr%26t")
    assert asked[0].headers["content-type"] == "application/x-www-form-urlencoded"


def test_the_client_may_prove_itself_in_the_body(server, source):
    tokens = Tokens(server)
    assert source(tokens.url, auth=tokens.auth | {"client_auth": "body"}).fetch().success
    assert server.asked[0].body == b"grant_type=client_credentials&client_id=me&client_secret=s3cr%26t"
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("seconds", "renewed"), [(100, True), ("100", True), (None, False), (True, False), (-1, False)]
)
def test_a_token_is_renewed_before_it_expires(server, source, fake_time, seconds, renewed):
    tokens = Tokens(server, seconds)
    made = source(tokens.url, auth=tokens.auth)
    assert made.fetch().success
    fake_time.sleep(69)
    assert made.fetch().success
    assert tokens.given == 1
    fake_time.sleep(2)  # 30 seconds before its end
    assert made.fetch().success
    assert tokens.given == 1 + renewed


def test_a_token_that_is_refused_is_renewed_once(server, source):
    tokens = Tokens(server)
    made = source(tokens.url, auth=tokens.auth)
    assert made.fetch().success
    tokens.given += 1  # the server forgot the token
    assert made.fetch().success
    server.on("/x", Reply(401))
    asked = len(server.asked)
    assert isinstance(made.fetch().error, AuthenticationError)
    assert [asked.path for asked in server.asked[asked:]] == ["/x", "/token", "/x"]


def test_threads_share_one_token(server, source):
    tokens = Tokens(server)
    made = source(tokens.url, auth=tokens.auth)
    with ThreadPoolExecutor(4) as pool:
        assert all(result.success for result in pool.map(lambda _: made.fetch(), range(8)))
    assert tokens.given == 1


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(401), "answered 401: the client was refused; check client_id and client_secret"),
        (document({"error": "x"}), "answered without an access_token: check token_url"),
        (document(["x"]), "answered without an access_token"),
        (document({"access_token": "a b"}), "answered without an access_token"),
        (document({"access_token": "a\r\nX-Admin: 1"}), "answered without an access_token"),
    ],
)
def test_a_token_that_is_not_given_is_an_authentication_error(server, source, reply, sentence):
    tokens = Tokens(server)
    server.on("/token", reply)
    error = source(tokens.url, auth=tokens.auth).fetch().error
    assert isinstance(error, AuthenticationError)
    assert sentence in str(error)
    assert {asked.path for asked in server.asked} == {"/token"}


def test_the_token_url_is_asked_again_where_that_can_help_and_never_redirected(server, other, source):
    tokens = Tokens(server)
    server.on("/token", Reply(503), tokens.give)
    assert source(tokens.url, auth=tokens.auth).fetch().success
    server.on("/token", Reply(307, headers={"Location": f"{other.url}/token"}))
    error = source(tokens.url, auth=tokens.auth).fetch().error
    assert isinstance(error, SourceError)
    assert "a redirect, and a secret is sent to one address only" in str(error)
    assert other.asked == []


@pytest.mark.parametrize(
    ("auth", "sentence"),
    [
        ({}, "auth needs a type"),
        ("bearer", "auth must be a table"),
        ({"type": "beaer"}, "auth.type 'beaer' is not known; did you mean 'bearer'?"),
        ({"type": "bearer"}, "auth of type bearer needs token: give it"),
        ({"type": "bearer", "token": "t", "key": "k"}, "auth of type bearer has no key: leave it out"),
        ({"type": "bearer", "tokn": "t"}, "auth has no option 'tokn'; did you mean 'token'?"),
        ({"type": "bearer", "token": "t\n"}, "the key or token of auth has a character that no header can hold"),
        ({"type": "bearer", "token": 5}, "a credential of auth must be a text or a Secret"),
        ({"type": "api_key", "key": "k"}, "auth of type api_key needs either header or query: say which"),
        ({"type": "api_key", "key": "k", "header": "a b"}, "auth.header 'a b' is not a header name"),
        (
            {"type": "oauth2", "token_url": "http://h/", "client_id": "c", "client_secret": "s", "client_auth": "x"},
            "auth.client_auth 'x' is not valid: give basic or body",
        ),
        (
            {"type": "oauth2", "token_url": "h/token", "client_id": "c", "client_secret": "s"},
            "auth.token_url is not valid: give one that starts with https:// or http://",
        ),
    ],
)
def test_a_mistake_in_auth_is_named_when_the_source_is_made(source, auth, sentence):
    with pytest.raises(InvalidConfigError) as caught:
        source("http://h/x", auth=auth)
    assert str(caught.value).startswith(sentence)
