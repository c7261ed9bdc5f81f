"""Live events, from a real server: a browser that follows them, and one that may not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context

import httpx
import pytest
import uvicorn

from spine.project import Project
from spine_board.access import Access
from spine_board.app import create_app
from tests.projects import wait_until


@pytest.fixture
def served(project: Project) -> Iterator[Callable[..., str]]:
    """Serve a board on a free port; the address is returned."""
    stops = []

    def serve(**access: object) -> str:
        app = create_app(project, Access(**access))
        server = uvicorn.Server(
            uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1, ws="none")
        )
        thread = threading.Thread(target=copy_context().run, args=(server.run,))
        thread.start()
        stops.append((server, thread))
        wait_until(lambda: server.started)
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    yield serve
    for server, thread in stops:
        server.should_exit = True
        thread.join()


@contextmanager
def following(url: str, **headers: str) -> Iterator[Iterator[str]]:
    with httpx.stream("GET", f"{url}/events", headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.iter_lines()


@pytest.mark.slow
def test_a_run_is_told_to_an_open_page(served: Callable[..., str], project: Project) -> None:
    project.run("bad")
    with following(served()) as lines:
        assert next(lines) == "retry: 3000"
        run_id = project.run("good").run_id
        found = next(line for line in lines if line.startswith("data: "))
        assert run_id in found


@pytest.mark.slow
def test_a_page_that_connects_again_hears_what_it_missed(served: Callable[..., str], project: Project) -> None:
    project.run("bad")
    last = project.newest_event()
    run_id = project.run("good").run_id
    with following(served(), **{"last-event-id": str(last)}) as lines:
        found = [line for line, _ in zip(lines, range(6), strict=False)]
    assert f"id: {project.newest_event()}" in found
    [data] = [line for line in found if line.startswith("data: ")]
    assert run_id in data


@pytest.mark.parametrize("last", ["x", "-1", "9" * 40])
def test_a_number_of_an_event_that_is_none_counts_as_none(served: Callable[..., str], last: str) -> None:
    with following(served(), **{"last-event-id": last}) as lines:
        assert next(lines) == "retry: 3000"


def test_who_may_not_read_gets_no_events(served: Callable[..., str]) -> None:
    url = served(host="0.0.0.0")
    assert httpx.get(f"{url}/events").status_code == 303
    assert httpx.get(f"{url}/events", headers={"authorization": "Bearer wrong"}).status_code == 401


def test_the_server_ends_with_a_page_open(served: Callable[..., str], project: Project) -> None:
    began = time.monotonic()
    with following(served()) as lines:
        next(lines)
        assert time.monotonic() - began < 60
