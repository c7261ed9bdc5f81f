"""The database server goes away in the middle of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.databases import PostgresServer
from tests.projects import DEADLINE_SECONDS, Project, wait_until

SETTINGS = '[spine]\nname = "restart"\nmodules = ["flows"]\ndatabase = { env = "STORE" }\n'

FLOWS = """
import time
from pathlib import Path
from spine.core.adapters.database import get_adapter
from spine.framework.captures import capture
from spine.framework.pipelines import pipeline
from spine.orchestration import Step, Workflow, workflow_registry

HERE = Path(__file__).parent


def meet(name):
    HERE.joinpath(f"{name}.reached").touch()
    while not HERE.joinpath(f"{name}.go").exists():
        time.sleep(0.01)


@pipeline("keep")
def keep(params):
    HERE.joinpath("kept").open("a").write("x")
    return capture("numbers", [{"n": 1}])


def pause(ctx, config):
    meet("pause")


@pipeline("read")
def read(params):
    from spine.framework.captures import read_capture

    return {"n": read_capture("numbers").data[0]["n"]}


workflow_registry.register(
    Workflow("w", [Step.pipeline("keep", "keep"), Step.lambda_("pause", pause), Step.pipeline("read", "read")])
)
"""


@pytest.fixture
def project(tmp_path: Path, own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("STORE", own_postgres.url)
    project = Project(tmp_path)
    project.write("spine.toml", SETTINGS)
    project.write("flows.py", FLOWS)
    assert project.run("db", "upgrade").code == 0
    return project


def test_a_run_goes_on_after_its_server_was_restarted(
    project: Project, own_postgres: PostgresServer, tmp_path: Path
) -> None:
    """Data committed before is there, nothing runs twice, and the run finishes."""
    reached: Callable[[], bool] = (tmp_path / "pause.reached").exists
    process = project.start("run", "w", "--json")
    wait_until(reached)
    own_postgres.restart()
    (tmp_path / "pause.go").touch()
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, err
    assert '"completed_steps": [\n    "keep",\n    "pause",\n    "read"\n  ]' in out
    assert (tmp_path / "kept").read_text() == "x"
    [run] = project.run("runs", "list", "--json").json
    assert (run["status"], run["completed_steps"]) == ("COMPLETED", 3)
    [capture] = project.run("captures", "list", "--json").json
    assert (capture["name"], capture["revision"]) == ("numbers", 1)
