"""The board on each database: pages, actions, tokens and their record."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from spine.project import open_project
from spine.testing.project import make_project
from spine_board.access import Access
from spine_board.app import create_app
from spine_board.audit import Audit
from spine_board.tokens import Tokens
from tests.board.conftest import FLOWS, HOST
from tests.projects import Project


@pytest.mark.slow
def test_a_person_acts_and_reads_on_each_database(tmp_path: Path, database_url: str) -> None:
    toml = f'[spine]\nname = "mine"\nmodules = ["flows"]\ndatabase = "{database_url}"\n'
    folder = make_project(tmp_path / "project", spine_toml=toml, flows=FLOWS)
    assert Project(folder).call("db", "upgrade").code == 0
    with open_project(folder) as project:
        project.run("good")
        failed = project.run("bad").run_id
        token = Tokens(project).add("ada")
        headers = {"authorization": f"Bearer {token}"}
        with TestClient(create_app(project, Access(with_actions=True)), base_url=HOST, headers=headers) as client:
            for path in ("/", "/runs", f"/runs/{failed}", "/search?q=good", "/alerts", "/workflows/good"):
                assert client.get(path).status_code == 200, path
            made = client.post("/workflows/good/run", data={"key": "one"}).json()["run_id"]
            assert client.post("/runs/none/cancel").status_code == 404
            assert made in client.get("/actions").text
        assert [(row["by"], row["action"], row["refusal"] is None) for row in Audit(project).list()] == [
            ("ada", "cancel", False),
            ("ada", "run", True),
        ]
        assert project.newest_event() > 0
        assert [row["name"] for row in Tokens(project).list()] == ["ada"]
        Tokens(project).remove("ada")
        assert Tokens(project).name_of(token) is None
