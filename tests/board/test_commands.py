"""`spine board` and its tokens, as commands and as a process."""

from __future__ import annotations

import re
import signal
import socket
from pathlib import Path

import httpx
import pytest

from spine.plugins import MigrationSpec
from spine.testing.conformance.command import CommandConformance
from spine.testing.conformance.migration import MigrationConformance
from spine.testing.project import make_project
from spine_board.plugin import spine_register_migrations
from tests.projects import Project


class TestBoardCommand(CommandConformance):
    name = "board"
    printing = (("token", "list"),)


class TestBoardTables(MigrationConformance):
    def make_spec(self) -> MigrationSpec:
        [spec] = spine_register_migrations()
        return spec


@pytest.fixture
def folder(tmp_path: Path) -> Project:
    return Project(make_project(tmp_path / "project", settings='[alerts]\nbase_url = "https://board.example/"\n'))


def test_a_token_is_printed_once_and_kept_as_a_hash(folder: Project) -> None:
    token = folder.call("board", "token", "add", "ada").out.strip()
    assert re.fullmatch(r"spine_board_[\w-]{43}", token)
    assert [row["name"] for row in folder.call("board", "token", "list", "--json").json] == ["ada"]
    stored = b"".join(path.read_bytes() for path in (folder.root / ".spine").glob("spine.db*"))
    assert token.encode() not in stored
    assert token not in folder.call("board", "token", "list").out


def test_a_name_has_one_token(folder: Project) -> None:
    folder.call("board", "token", "add", "ada")
    again = folder.call("board", "token", "add", "ada")
    assert (again.code, "already" in again.err) == (2, True)


@pytest.mark.parametrize("name", ["", "../x", "a b", "\x1b[31m", "x" * 300])
def test_a_token_needs_a_name_that_is_one(folder: Project, name: str) -> None:
    assert folder.call("board", "token", "add", name).code != 0


def test_a_token_is_removed(folder: Project) -> None:
    folder.call("board", "token", "add", "ada")
    wrong = folder.call("board", "token", "remove", "adda")
    assert (wrong.code, "did you mean 'ada'" in wrong.err) == (2, True)
    assert folder.call("board", "token", "remove", "ada").code == 0
    assert folder.call("board", "token", "list", "--json").json == []


@pytest.mark.parametrize("options", [["--allow-actions"], ["--host", "0.0.0.0"]])
def test_a_board_that_needs_a_token_does_not_start_without_one(folder: Project, options: list[str]) -> None:
    done = folder.call("board", "--port", "0", *options)
    assert (done.code, "spine board token add NAME" in done.err) == (2, True)


def test_a_port_that_is_taken_is_told(folder: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = folder.call("board", "--port", str(taken.getsockname()[1]))
    assert (done.code, "choose another --port" in done.err) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_board_serves_until_it_is_interrupted(folder: Project, end: signal.Signals) -> None:
    with folder.start("board", "--port", "0") as process:
        assert process.stderr is not None
        url = re.search(r"http://\S+/", process.stderr.readline())[0]
        assert httpx.get(f"{url}healthz").text == "ok\n"
        assert httpx.get(url).status_code == 200
        assert httpx.get(url, headers={"host": "evil.example"}).status_code == 421
        through_proxy = httpx.get(url, headers={"host": "board.example"})
        assert (through_proxy.status_code, through_proxy.headers["location"]) == (303, "/login?next=%2F")
        forwarded = httpx.get(url, headers={"x-forwarded-for": "203.0.113.9"})
        assert forwarded.status_code == 303
        process.send_signal(end)
        assert "Traceback" not in process.stderr.read()
