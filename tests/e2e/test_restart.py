"""The database server goes away in the middle of a run."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from spine.core.adapters.database import get_adapter
from tests.databases import PostgresServer
from tests.projects import DEADLINE_SECONDS, Project, wait_until
from tests.withstand.server_faults import terminate_connections

SETTINGS = '[spine]\nname = "restart"\nmodules = ["flows"]\ndatabase = { env = "STORE" }\n'
SETTINGS += '[sources.rows]\ntype = "file"\npath = "rows.csv"\n[channels.ops]\ntype = "console"\n'

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


def read_all(ctx, config):
    from spine.framework.captures import read_capture
    from spine.framework.sources import source_registry
    from spine.framework.sources.state import read_state, write_state

    meet("reads")
    found = {
        "n": read_capture("numbers").data[0]["n"],
        "revision": capture("numbers", [{"n": 2}]).revision,
        "state": read_state("rows"),
        "rows": len(source_registry.get("rows").fetch({}).data),
    }
    write_state("rows", 1)
    return found


def fail(ctx, config):
    meet("fail")
    raise ValueError("no such luck")


workflow_registry.register(Workflow("reads", [Step.pipeline("keep", "keep"), Step.lambda_("all", read_all)]))
workflow_registry.register(Workflow("fails", [Step.lambda_("fail", fail)]))
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
    project.write("rows.csv", "close\n1.5\n")
    assert project.run("db", "upgrade").code == 0
    return project


@pytest.mark.slow
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


def read_until_it_tries_again(process: subprocess.Popen[str]) -> str:
    """Return what the process says on stderr until it has failed to reach the database once."""
    said = ""
    assert process.stderr is not None
    for line in process.stderr:
        said += line
        if "trying again" in line:
            return said
    raise AssertionError(said)


def check_completed(process: subprocess.Popen[str], said: str, folder: Path) -> None:
    """Wait for the end of the run, after what it has said on stderr: it completed, and each step ran once."""
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, out + said + err
    assert (folder / "kept").read_text() == "x"


@pytest.mark.slow
def test_a_step_that_reads_while_the_server_is_down_waits_for_it(
    project: Project, own_postgres: PostgresServer, tmp_path: Path
) -> None:
    process = project.start("run", "reads", "--json")
    wait_until((tmp_path / "reads.reached").exists)
    own_postgres.halt()
    (tmp_path / "reads.go").touch()
    said = read_until_it_tries_again(process)
    own_postgres.restart()
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, said + err
    run = project.run("runs", "show", "latest", "--json").json
    assert run["outputs"]["all"] == {"n": 1, "revision": 2, "state": None, "rows": 1}
    assert [step["attempt"] for step in run["steps"]] == [1, 1]
    assert len(run["fetches"]) == 1
    assert "trying again" in said
    assert out


@pytest.mark.slow
def test_a_run_that_fails_while_the_server_is_down_is_alerted_when_it_is_back(
    project: Project, own_postgres: PostgresServer, tmp_path: Path
) -> None:
    process = project.start("run", "fails")
    wait_until((tmp_path / "fail.reached").exists)
    own_postgres.halt()
    (tmp_path / "fail.go").touch()
    said = read_until_it_tries_again(process)
    own_postgres.restart()
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1, out + said + err
    [alert] = project.run("alerts", "list", "--json").json
    assert (alert["title"], alert["delivery"]) == ("fails failed", "SENT")


@pytest.mark.slow
def test_a_run_waits_while_its_server_takes_no_writes(
    project: Project, own_postgres: PostgresServer, tmp_path: Path
) -> None:
    process = project.start("run", "w", "--json")
    wait_until((tmp_path / "pause.reached").exists)
    with get_adapter(own_postgres.url) as admin:
        admin.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")
        terminate_connections(admin)
        (tmp_path / "pause.go").touch()
        said = read_until_it_tries_again(process)
        admin.execute("ALTER DATABASE postgres RESET default_transaction_read_only")
    check_completed(process, said, tmp_path)
    assert "the server takes no writes now: cannot execute" in said


@pytest.mark.slow
def test_a_run_waits_for_a_lock_longer_than_the_server_lets_a_statement_take(
    project: Project, own_postgres: PostgresServer, tmp_path: Path
) -> None:
    process = project.start("run", "w", "--json")
    wait_until((tmp_path / "pause.reached").exists)
    with get_adapter(own_postgres.url) as admin:
        admin.execute("ALTER DATABASE postgres SET statement_timeout = '200ms'")
        terminate_connections(admin)
        with admin.transaction() as connection:
            connection.execute("LOCK TABLE core_workflow_steps IN ACCESS EXCLUSIVE MODE")
            (tmp_path / "pause.go").touch()
            said = read_until_it_tries_again(process)
    check_completed(process, said, tmp_path)
    assert "canceling statement due to statement timeout" in said
