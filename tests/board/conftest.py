"""A project with runs, and clients of its board."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from spine.project import Project, open_project
from spine.testing.project import make_project
from spine_board.access import Access
from spine_board.app import create_app
from spine_board.tokens import Tokens

FLOWS = Path(__file__).with_name("flows.py")
HOST = "http://127.0.0.1:8470"


@pytest.fixture
def settings() -> str:
    """Return what is added to `spine.toml`."""
    return ""


@pytest.fixture
def project(tmp_path: Path, settings: str) -> Iterator[Project]:
    """Open a project with the workflows of flows.py."""
    with open_project(make_project(tmp_path / "project", flows=FLOWS, settings=settings)) as opened:
        yield opened


@pytest.fixture
def client_of(project: Project) -> Iterator[Callable[..., TestClient]]:
    """Return clients of boards of the project, as they would be on this machine; options are those of Access."""
    with ExitStack() as stack:

        def make(base_url: str = HOST, **access: object) -> TestClient:
            app = create_app(project, Access(**access))
            return stack.enter_context(TestClient(app, base_url=base_url, follow_redirects=False))

        yield make


@pytest.fixture
def client(client_of: Callable[..., TestClient]) -> TestClient:
    """Return a client of a board that is read-only."""
    return client_of()


@pytest.fixture
def token(project: Project) -> str:
    """Return a token of `ada`."""
    return Tokens(project).add("ada")


@pytest.fixture
def actor(client_of: Callable[..., TestClient], token: str) -> TestClient:
    """Return a client that is logged in as `ada`, on a board with actions."""
    client = client_of(with_actions=True)
    log_in(client, token)
    return client


def log_in(client: TestClient, token: str) -> None:
    """Log in as a browser does, with the form."""
    csrf = csrf_of(client.get("/login").text)
    done = client.post("/login", data={"csrf": csrf, "token": token, "next": "/"})
    assert (done.status_code, done.headers["location"]) == (303, "/")


def csrf_of(page: str) -> str:
    """Return the text that the forms of a page carry."""
    return page.partition('name="csrf" value="')[2].partition('"')[0]
