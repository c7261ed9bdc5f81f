"""Chromium of this machine, and boards that it shows: the tests are run by `make browser`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from spine.core.scope import Scope, use_scope
from spine.testing.project import make_project
from tests.board.browser.served import Served, add_token, make_long, serve
from tests.board.browser.visits import TIMEOUT_MS, Visitor
from tests.board.market import open_market, run_all
from tests.conftest import copy_finra
from tests.projects import Project

FLOWS = Path(__file__).parents[1] / "flows.py"
ACTED_ON = """
[schedules.nightly]
workflow = "good"
cron = "0 2 * * *"

[alerts]
on_failure = "ERROR"

[channels.ops]
type = "console"
"""
WEEKS = ("20251215", "20251222", "20251229")

expect.set_options(timeout=TIMEOUT_MS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the tests in a browser unless they are asked for by their marker."""
    if "browser" in config.option.markexpr:
        return
    found = "`make browser` runs it" if chromium_path() else "there is no browser: `make browser` installs chromium"
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=found))


def chromium_path() -> str | None:
    """Return the path of the chromium of this machine."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start a browser; `evil.example` is a name of this machine for it, as a hostile name service would have it."""
    path = chromium_path()
    assert path is not None, "there is no browser: install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--host-resolver-rules=MAP evil.example 127.0.0.1"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visitor_of(chromium: Browser) -> Iterator[Callable[..., Visitor]]:
    """Return visitors of boards; at the end of the test, none has seen a fault, but refusals."""
    with ExitStack() as stack:
        made: list[Visitor] = []

        def make(board: Served, **options: object) -> Visitor:
            visitor = Visitor(chromium, board.url, **options)
            stack.callback(visitor.context.close)
            made.append(visitor)
            return visitor

        yield make
        assert [fault for visitor in made for fault in visitor.grave_faults] == []


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with a settings file and nothing else."""
    return Project(make_project(tmp_path_factory.mktemp("empty")))


@pytest.fixture(scope="session")
def finra_weeks(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return the FINRA project after its three weeks."""
    project = copy_finra(tmp_path_factory.mktemp("example") / "finra")
    for week in WEEKS:
        done = project.run("run", "finra.weekly_refresh", "-p", f"week={week}")
        assert done.code == 0, done.err
    return project


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose names and data are hostile, and of which each page has something to show."""
    folder = tmp_path_factory.mktemp("hostile")
    with use_scope(Scope(), process_wide=True), open_market(folder) as opened:
        run_all(opened)
    return Project(folder / "market")


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with 100,000 runs."""
    with use_scope(Scope(), process_wide=True):
        return make_long(tmp_path_factory.mktemp("long"))


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a project of workflows that succeed, fail and wait, with actions allowed to those with a token."""
    project = Project(make_project(tmp_path_factory.mktemp("acting"), flows=FLOWS, settings=ACTED_ON))
    add_token(project, "first")
    with serve(project, "--allow-actions") as served:
        yield served


@pytest.fixture
def token(acting: Served) -> Iterator[str]:
    """Return a token of `ada`, until the end of the test."""
    yield add_token(acting.project, "ada")
    acting.project.run("board", "token", "remove", "ada")
