"""Login with a token, its cookie, and logout."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from spine.project import Project
from spine_board.tokens import Tokens
from tests.board.conftest import csrf_of


def test_the_cookie_of_a_login_is_for_this_site_and_no_script(client_of: Callable[..., TestClient], token: str) -> None:
    client = client_of(with_actions=True)
    csrf = csrf_of(client.get("/login").text)
    answer = client.post("/login", data={"csrf": csrf, "token": token, "next": "/runs"})
    [cookie] = [each for each in answer.headers.get_list("set-cookie") if each.startswith("spine_board_8470=")]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert token not in cookie
    assert answer.headers["location"] == "/runs"
    assert "ada" in client.get("/").text


def test_a_cookie_over_https_is_secure(client_of: Callable[..., TestClient], token: str) -> None:
    client = client_of("https://board.example", names=("board.example",))
    csrf = csrf_of(client.get("/login").text)
    answer = client.post("/login", data={"csrf": csrf, "token": token})
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("given", ["", "wrong", "spine_board_", "\x00", "é"])
def test_what_is_no_token_is_refused(client_of: Callable[..., TestClient], token: str, given: str) -> None:
    client = client_of(with_actions=True)
    csrf = csrf_of(client.get("/login").text)
    answer = client.post("/login", data={"csrf": csrf, "token": given})
    assert answer.status_code == 401
    assert "no token of this board" in answer.text


def test_the_form_of_the_login_must_be_from_here(client_of: Callable[..., TestClient], token: str) -> None:
    client = client_of(with_actions=True)
    assert client.post("/login", data={"token": token}).status_code == 401
    client.get("/login")
    assert client.post("/login", data={"token": token, "csrf": "other"}).status_code == 401


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/\nx"])
def test_a_login_leads_to_no_other_site(client_of: Callable[..., TestClient], token: str, place: str) -> None:
    client = client_of(with_actions=True)
    csrf = csrf_of(client.get("/login", params={"next": place}).text)
    answer = client.post("/login", data={"csrf": csrf, "token": token, "next": place})
    assert answer.headers["location"] == "/"


def test_removing_a_token_ends_its_logins(project: Project, actor: TestClient) -> None:
    Tokens(project).remove("ada")
    assert "log in" in actor.get("/").text


def test_logging_out_ends_the_login(actor: TestClient) -> None:
    cookie = actor.cookies["spine_board_8470"]
    assert actor.post("/logout", data={"csrf": csrf_of(actor.get("/").text)}).status_code == 303
    actor.cookies.set("spine_board_8470", cookie)
    assert "log in" in actor.get("/").text


def test_logging_out_needs_the_text_of_the_form(actor: TestClient) -> None:
    assert actor.post("/logout", data={}).status_code == 403
    assert "Log out" in actor.get("/").text


def test_a_login_ends_after_a_time(actor: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spine_board.sessions.time.time", lambda: 4e9)
    assert "log in" in actor.get("/").text
