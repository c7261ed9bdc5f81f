"""examples/prices_api: pages, a key, unchanged days, and the faults of its server."""

from __future__ import annotations

import runpy
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from http.server import HTTPServer
from pathlib import Path

import pytest

from tests.docs.pages import blocks
from tests.examples.prices_server import EXAMPLE, prices_server
from tests.projects import SPINE, Project, clean_environ

DAY = ("-p", "day=2026-01-05")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copytree(EXAMPLE, tmp_path / "prices", ignore=shutil.ignore_patterns(".spine", "__pycache__"))
    return Project(tmp_path / "prices")


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Serve the API without faults, with its key in the environment, and give the requests that it got."""
    with prices_server() as (url, seen):
        monkeypatch.setenv("SPINE__SOURCES__PRICES__URL", url)
        monkeypatch.setenv("PRICES_KEY", "only-for-the-demo")
        yield seen


def test_all_pages_of_a_day_are_captured_and_a_second_run_asks_for_one_and_is_unchanged(
    project: Project, requests: list[str]
) -> None:
    first = project.call("run", "prices.daily", *DAY, "--json").json
    assert (first["status"], first["outcome"]) == ("COMPLETED", None)
    assert requests == [f"200 /prices?day=2026-01-05&page={page}" for page in (1, 2, 3)]
    rows = project.call("captures", "read", "prices", *DAY, "--json").json
    assert len(rows) == 9
    assert rows[0] == {"symbol": "ACME", "price": "10.32"}

    second = project.call("run", "prices.daily", *DAY, "--json").json
    assert (second["outcome"], second["skipped_steps"]) == ("unchanged", ["check"])
    assert requests[3:] == ["304 /prices?day=2026-01-05&page=1"]


@pytest.mark.parametrize(
    ("day", "sentence"),
    [("2026-01-03", "answered 404 (Not Found)"), ("2026-01-05", "answered 401 (Unauthorized)")],
    ids=["a weekend", "a wrong key"],
)
def test_what_the_api_refuses_fails_the_run_without_another_attempt(
    project: Project, requests: list[str], monkeypatch: pytest.MonkeyPatch, day: str, sentence: str
) -> None:
    if "401" in sentence:
        monkeypatch.setenv("PRICES_KEY", "not-the-right-key")
    failed = project.call("run", "prices.daily", "-p", f"day={day}", "--json")
    assert failed.json["status"] == "FAILED"
    assert sentence in failed.json["error"]
    assert len(requests) == 1
    assert "not-the-right-key" not in failed.out + failed.err


def test_the_commands_of_its_page_work(project: Project, requests: list[str]) -> None:
    _demo, by_hand = blocks((EXAMPLE / "README.md").read_text(), "console")
    export, *commands = by_hand.splitlines()
    assert export == "$ export PRICES_KEY=only-for-the-demo"
    for command in commands:
        assert project.call(*command.split()[2:]).code == 0, command


@pytest.mark.slow  # its server says how long to wait: a second, several times
def test_the_demo_gets_past_the_faults_of_the_api(project: Project) -> None:
    done = subprocess.run(
        [str(project.root / "demo.sh"), SPINE, sys.executable],
        env=clean_environ(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("COMPLETED in") == 2
    assert done.stdout.count("COMPLETED (unchanged) in") == 1
    saw = [line.split()[0] for line in done.stdout.splitlines() if "/prices?day=" in line]
    assert {"200", "304", "429", "500"} == set(saw)
    assert f"is in {project.root}. Look around:" in done.stdout


def test_the_file_that_the_tutorial_offers_is_the_server_of_the_example() -> None:
    offered = Path(__file__).parents[2] / "docs" / "prices_api.py"
    assert offered.read_bytes() == (EXAMPLE / "server.py").read_bytes(), "run make reference"


def test_a_client_that_breaks_its_connection_is_no_error_of_the_server(capsys: pytest.CaptureFixture[str]) -> None:
    handler = runpy.run_path(str(EXAMPLE / "server.py"))["handler"](faults=False)
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        with socket.create_connection(("127.0.0.1", server.server_port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # its end is a reset
        server.handle_request()
    assert capsys.readouterr().err == ""
