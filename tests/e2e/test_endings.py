"""The table of endings in docs/workflows.md: its rows are the docstrings of these tests."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from tests.databases import PostgresServer
from tests.projects import DEADLINE_SECONDS, Project, wait_until

SETTINGS = """
[spine]
name = "endings"
modules = ["flows"]
database = { env = "STORE" }
[runs]
grace_seconds = 1
max_crashes = 2
[channels.terminal]
type = "console"
"""

FLOWS = """
import os
import time
from pathlib import Path
from spine.orchestration import Step, Workflow, workflow_registry

HERE = Path(__file__).parent


def note(text):
    with HERE.joinpath("trace").open("a") as file:
        file.write(text + " ")


def meet(name):
    HERE.joinpath(f"{name}.reached").touch()
    while not HERE.joinpath(f"{name}.go").exists():
        time.sleep(0.01)


def fail(ctx, config):
    raise ValueError("a bad value")


def pause(ctx, config):
    meet("pause")
    note("paused")


def endless(ctx, config):
    time.sleep(600)


def cling(ctx, config):
    while True:
        try:
            time.sleep(600)
        except BaseException:
            HERE.joinpath("clung").touch()


def die(ctx, config):
    os.kill(os.getpid(), 9)


def hog(ctx, config):
    bytearray(1 << 60)


def flow(name, middle, **options):
    workflow_registry.register(
        Workflow(
            name,
            [
                Step.lambda_("first", lambda ctx, config: note("first")),
                middle,
                Step.lambda_("cleanup", lambda ctx, config: note("cleanup"), always_run=True),
            ],
            on_failure=[Step.lambda_("hook", lambda ctx, config: note("hook"))],
            **options,
        )
    )


flow("fails", Step.lambda_("middle", fail))
flow("hogs", Step.lambda_("middle", hog))
flow("slow", Step.lambda_("middle", endless, timeout=0.3))
flow("dies", Step.lambda_("middle", die, timeout=600))
flow("late", Step.wait("middle", duration_seconds=600), timeout=0.3)
flow("stuck", Step.lambda_("middle", cling), timeout=0.3)
flow("pauses", Step.lambda_("middle", pause), limits={"one": 1})
"""

IMPATIENT = """
from spine.storage import retry

retry.PATIENCE_SECONDS = 0.5
from spine.cli.main import main

main()
"""


@pytest.fixture
def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    return _project(tmp_path / "project", database_url, monkeypatch)


def _project(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("STORE", url)
    project = Project(folder)
    project.write("spine.toml", SETTINGS)
    project.write("flows.py", FLOWS)
    assert project.call("db", "upgrade").code == 0
    return project


def _pausing(project: Project) -> Popen[str]:
    process = project.start("run", "pauses")
    wait_until(lambda: (project.root / "pause.reached").exists() or process.poll() is not None)
    assert process.returncode is None, process.communicate()
    return process


def _code(process: Popen[str]) -> int:
    process.communicate(timeout=DEADLINE_SECONDS)
    return process.returncode


def _go_on(project: Project) -> None:
    (project.root / "pause.go").touch()


def _run(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = project.call("runs", "show", "latest", "--json").json
    return found


def _steps(project: Project) -> str:
    """Return step names and states of the latest run, in order."""
    return ", ".join(f"{step['step_name']} {step['status']}" for step in _run(project)["steps"])


def _middle(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = next(step for step in _run(project)["steps"] if step["step_name"] == "middle")
    return found


def _ran(project: Project) -> str:
    return (project.root / "trace").read_text().strip()


def _alerts(project: Project) -> list[str]:
    return [alert["title"] for alert in project.call("alerts", "list", "--json").json]


@pytest.mark.slow
def test_failure(project: Project) -> None:
    """A step fails | step and run FAILED, with the error, its place and its traceback | the alert of `on_failure` |
    `always_run` steps, then `on_failure` steps; `runs resume` goes on at the step"""
    assert project.run("run", "fails").code == 1
    assert _steps(project) == "first COMPLETED, middle FAILED, cleanup COMPLETED, hook COMPLETED"
    assert (_run(project)["status"], _run(project)["error_type"]) == ("FAILED", "ValueError")
    assert _middle(project)["failure"]["frames"][-1]["code"] == 'raise ValueError("a bad value")'
    assert len(_alerts(project)) == 1
    assert _ran(project) == "first cleanup hook"
    project.run("runs", "resume", "latest")
    assert _ran(project) == "first cleanup hook cleanup hook"


@pytest.mark.slow
def test_step_timeout(project: Project) -> None:
    """A step exceeds its `timeout` | step FAILED with a TimeoutError, run FAILED | the alert of `on_failure` | its
    process is killed, its retry policy applies; then as after a failure"""
    assert project.run("run", "slow").code == 1
    assert (_middle(project)["status"], _middle(project)["error_type"]) == ("FAILED", "TimeoutError")
    assert len(_alerts(project)) == 1
    assert _ran(project) == "first cleanup hook"


@pytest.mark.slow
def test_run_timeout(project: Project) -> None:
    """A run exceeds the `timeout` of its workflow | the step CANCELLED with that reason, run FAILED | the alert of
    `on_failure` | as after a failure"""
    assert project.run("run", "late").code == 1
    assert _steps(project) == "first COMPLETED, middle CANCELLED, cleanup COMPLETED, hook COMPLETED"
    assert _middle(project)["error"] == "workflow 'late' took longer than its timeout of 0.3 s"
    assert _run(project)["status"] == "FAILED"
    assert len(_alerts(project)) == 1
    assert _ran(project) == "first cleanup hook"


@pytest.mark.slow
def test_run_timeout_in_a_stuck_step(project: Project) -> None:
    """So does one whose step does not stop within `grace_seconds` | the step CANCELLED with that reason, run FAILED;
    the step commits nothing more | the alert of `on_failure` | nothing of this run, its worker is free again;
    `runs resume` goes on at the step"""
    done = project.run("run", "stuck")
    assert (done.code, "took longer than its timeout" in done.err) == (1, True)
    assert _steps(project) == "first COMPLETED, middle CANCELLED"
    assert _run(project)["status"] == "FAILED"
    assert _run(project)["error"] == "workflow 'stuck' took longer than its timeout of 0.3 s"
    assert len(_alerts(project)) == 1
    assert _ran(project) == "first"


@pytest.mark.slow
def test_cancel(project: Project) -> None:
    """`spine runs cancel`, or Ctrl-C in the foreground | step and run CANCELLED | no alert | `always_run` steps;
    `runs resume` goes on at the step"""
    process = _pausing(project)
    assert project.call("runs", "cancel", "latest").code == 0
    assert _code(process) == 130
    assert _steps(project) == "first COMPLETED, middle CANCELLED, cleanup COMPLETED"
    assert _run(project)["status"] == "CANCELLED"
    assert _alerts(project) == []
    _go_on(project)
    assert project.run("runs", "resume", "latest").code == 0
    assert _ran(project) == "first cleanup paused cleanup"


@pytest.mark.slow
def test_sigterm(project: Project) -> None:
    """SIGTERM, and the step ends within `grace_seconds` | step COMPLETED, run PENDING; exit code 143 | no alert |
    nothing more in this process; the next steps with the next scheduler or `runs recover`"""
    process = _pausing(project)
    process.terminate()
    _go_on(project)
    assert _code(process) == 143
    assert (_steps(project), _run(project)["status"]) == ("first COMPLETED, middle COMPLETED", "PENDING")
    assert _alerts(project) == []
    assert project.run("runs", "recover").code == 0
    assert (_run(project)["status"], _ran(project)) == ("COMPLETED", "first paused cleanup")


@pytest.mark.slow
def test_sigterm_in_a_long_step(project: Project) -> None:
    """SIGTERM, and the step does not end within `grace_seconds` | step CANCELLED, run PENDING; exit code 143 | no alert
    | the step again from its beginning, with the next scheduler or `runs recover`"""
    process = _pausing(project)
    process.terminate()
    assert _code(process) == 143
    assert (_steps(project), _run(project)["status"]) == ("first COMPLETED, middle CANCELLED", "PENDING")
    assert _alerts(project) == []
    _go_on(project)
    assert project.run("runs", "recover").code == 0
    assert (_run(project)["status"], _ran(project)) == ("COMPLETED", "first paused cleanup")


@pytest.mark.slow
def test_sigterm_before_the_run(project: Project) -> None:
    """SIGTERM while the run waits for room within a limit | nothing: there is no run yet; exit code 143 | no alert |
    nothing"""
    first = _pausing(project)
    second = project.start("run", "pauses")
    assert second.stderr is not None
    assert "a run of pauses waits for room: limit 'one' allows 1" in second.stderr.readline()
    second.terminate()
    _, err = second.communicate(timeout=DEADLINE_SECONDS)
    assert (second.returncode, err) == (143, "stopped while it waited for room within a limit: nothing ran\n")
    _go_on(project)
    assert _code(first) == 0
    assert len(project.call("runs", "list", "--json").json) == 1


@pytest.mark.slow
def test_kill(project: Project) -> None:
    """`kill -9`, the system kills the process because memory ran out, or the machine stops | nothing: step and run stay
    RUNNING until another process finds them; `doctor` warns | no alert; one if the run ends CRASHED at the
    `max_crashes`th time | the step again from its beginning, with the next scheduler or `runs recover`"""
    process = _pausing(project)
    process.kill()
    assert _code(process) == -9
    assert (_steps(project), _run(project)["status"]) == ("first COMPLETED, middle RUNNING", "RUNNING")
    assert _alerts(project) == []
    again = project.start("runs", "recover")
    (project.root / "pause.reached").unlink()
    wait_until((project.root / "pause.reached").exists)
    again.kill()
    again.communicate()
    project.run("runs", "recover")
    assert (_run(project)["status"], _ran(project)) == ("CRASHED", "first")
    assert len(_alerts(project)) == 1


@pytest.mark.slow
def test_killed_step(project: Project) -> None:
    """The process of a step with a `timeout` is killed | step FAILED with the signal, as retryable, run FAILED | the
    alert of `on_failure` | its retry policy applies; then as after a failure"""
    assert project.run("run", "dies").code == 1
    assert _middle(project)["status"] == "FAILED"
    assert "was killed by SIGKILL, by the system if memory ran out" in _middle(project)["error"]
    assert len(_alerts(project)) == 1
    assert _ran(project) == "first cleanup hook"


def test_memory_error(project: Project) -> None:
    """A step raises MemoryError | as every failure, with category INTERNAL | the alert of `on_failure` | as after a
    failure"""
    assert project.run("run", "hogs").code == 1
    assert (_middle(project)["error_type"], _middle(project)["error_category"]) == ("MemoryError", "INTERNAL")
    assert len(_alerts(project)) == 1
    assert _ran(project) == "first cleanup hook"


@pytest.mark.slow
def test_database_gone(tmp_path: Path, own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is gone for more than a minute | what was committed before; the process ends with the error and exit
    code 1 | no alert: there is no place to keep it | the step again from its beginning, with the next scheduler or
    `runs recover`"""
    project = _project(tmp_path / "project", own_postgres.url, monkeypatch)
    project.write("impatient.py", IMPATIENT)
    process = project.start("run", "pauses", program=[sys.executable, "impatient.py"])
    wait_until((project.root / "pause.reached").exists)
    own_postgres.halt()
    _go_on(project)
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1, err
    own_postgres.restart()
    assert _run(project)["status"] == "RUNNING"
    assert project.run("runs", "recover").code == 0
    assert (_run(project)["status"], _ran(project)) == ("COMPLETED", "first paused paused cleanup")
