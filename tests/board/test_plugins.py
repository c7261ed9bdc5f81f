"""Pages of plugins and doctor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from spine.project import Project, open_project
from spine.testing import FakePlugin
from spine.testing.project import make_project
from tests.board.market import SCRIPT, open_market


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with open_market(tmp_path) as opened:
        yield opened


def test_plugins_are_listed_with_what_they_provide(client: TestClient) -> None:
    page = client.get("/plugins").text
    assert "spine-sources-file" in page
    assert "command</span> board" in page


def test_findings_are_those_of_doctor_with_the_command_that_mends(project: Project, client: TestClient) -> None:
    page = unescape(client.get("/doctor").text)
    for finding in project.diagnose():
        assert finding["check"] in page
        assert finding["fix"] in page


def test_faults_of_doctor_are_counted_and_first(project: Project, client: TestClient) -> None:
    project.schedules.pause("often")
    page = client.get("/doctor").text
    states = [part.partition('"')[0] for part in page.split('<span class="state state-')[1:]]
    rank = {"fail": 0, "warn": 1, "ok": 2}
    assert states == sorted(states, key=lambda state: rank[state])
    assert {"warn", "ok"} <= set(states)


def test_a_plugin_at_fault_is_first_with_its_reason(
    tmp_path: Path, installed_plugin: Callable[..., FakePlugin], client_of: Callable[..., TestClient]
) -> None:
    installed_plugin("zz-broken", f"raise RuntimeError({SCRIPT!r})")
    with open_project(make_project(tmp_path / "other")) as other:
        from spine_board.app import create_app

        page = TestClient(create_app(other), base_url="http://127.0.0.1:8470").get("/plugins").text
    assert "1 plugin at fault" in page
    assert SCRIPT not in page
    assert SCRIPT in unescape(page)
    assert page.index("zz-broken") < page.index("spine-core")
