"""Rules for every run queue whose workers are processes of `spine worker run`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from spine.project import Project, open_project
from spine.testing.command_line import call
from spine.testing.project import make_project

_LEASE_SECONDS = 2
_RUNS = """
[runs]
lease_seconds = {lease}
grace_seconds = 5
[alerts]
on_failure = "none"
"""
_FLOWS = """
import time
from pathlib import Path

from spine import Step, Workflow, workflow_registry

HERE = Path(__file__).parent


def work(context, config):
    name = config["step"]
    with (HERE / "ran").open("a") as file:
        file.write(f"{context.run_id} {name}\\n")
    while name == "second" and context.params.get("waits") and not (HERE / "go").exists():
        time.sleep(0.02)
    return {"step": name}


def steps(*names):
    return [Step.lambda_(name, work, config={"step": name}) for name in names]


workflow_registry.register(Workflow("three", steps("first", "second", "third")))
workflow_registry.register(Workflow("large", steps("first"), queue="large"))
"""


class WorkerQueueConformance:
    """Subclass it as `Test...`, and define `make_settings`; processes are started, and a test takes some seconds.

    What does not happen within `deadline_seconds` is a fault.
    """

    deadline_seconds = 120.0

    def make_settings(self, tmp_path: Path) -> str:
        """Return the text of a `spine.toml` with `[spine]` and `[scheduler] executor`, for a new and empty database."""
        raise NotImplementedError("define make_settings(self, tmp_path)")

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Make the folder of the project, whose database has its tables."""
        spine_toml = self.make_settings(tmp_path) + _RUNS.format(lease=_LEASE_SECONDS)
        folder = make_project(tmp_path / "project", spine_toml=spine_toml, flows=_FLOWS)
        done = call("--project", str(folder), "db", "upgrade")
        assert done.code == 0, f"spine db upgrade must make the tables: {done.err}"
        return folder

    @pytest.fixture
    def project(self, folder: Path) -> Iterator[Project]:
        """Open the project."""
        with open_project(folder) as opened:
            yield opened

    def test_a_worker_executes_what_is_submitted_once(self, folder: Path, project: Project) -> None:
        """Each run is executed, those that were submitted before the worker began, and those after."""
        before = [project.submit("three") for _ in range(3)]
        with self.worker(folder):
            after = [project.submit("three") for _ in range(3)]
            self.wait(lambda: all(self.status(project, run) == "COMPLETED" for run in [*before, *after]))
        ran = self.ran(folder)
        assert len(ran) == len(set(ran)) == 18, "pass each run to worker.execute() once"

    def test_a_worker_leaves_other_queues(self, folder: Path, project: Project) -> None:
        """It takes runs of the queues that it was given only."""
        large, usual = project.submit("large"), project.submit("three")
        with self.worker(folder, "--queues", "default"):
            self.wait(lambda: self.status(project, usual) == "COMPLETED")
            assert self.status(project, large) == "PENDING", "fetch from worker.queues only"
        with self.worker(folder, "--queues", "large"):
            self.wait(lambda: self.status(project, large) == "COMPLETED")

    def test_a_run_of_a_killed_worker_is_resumed(self, folder: Path, project: Project) -> None:
        """Another worker resumes it, and finished steps do not run again."""
        run = project.submit("three", {"waits": True})
        with self.worker(folder) as first:
            self.wait(lambda: f"{run} second" in self.ran(folder))
            first.kill()
            first.wait()
        (folder / "go").touch()
        with self.worker(folder):
            self.wait(lambda: self.status(project, run) == "COMPLETED")
        assert self.ran(folder).count(f"{run} first") == 1, "a finished step must not run again"

    def test_a_frozen_worker_loses_its_run(self, folder: Path, project: Project) -> None:
        """When its lease ends, another worker resumes the run; the frozen one commits nothing, and goes on."""
        run = project.submit("three", {"waits": True})
        with self.worker(folder) as first:
            self.wait(lambda: f"{run} second" in self.ran(folder))
            first.send_signal(signal.SIGSTOP)
            (folder / "go").touch()
            with self.worker(folder):
                self.wait(lambda: self.status(project, run) == "COMPLETED")
                first.send_signal(signal.SIGCONT)
                again = project.submit("three")
                self.wait(lambda: self.status(project, again) == "COMPLETED")
                assert first.poll() is None, "a worker that was frozen must go on"
        assert self.ran(folder).count(f"{run} third") == 1, "a worker without the lease must not go on with the run"

    def test_a_worker_with_other_code_leaves_the_run(self, folder: Path, project: Project) -> None:
        """A run of another definition stays in the queue until a worker that has it takes it."""
        run = project.submit("three")
        changed = make_project(
            folder.parent / "changed",
            spine_toml=folder / "spine.toml",
            flows=_FLOWS.replace('steps("first", "second", "third")', 'steps("first", "second", "fourth")'),
        )
        with self.worker(changed):
            own = self.submit(changed)
            self.wait(lambda: self.status(project, own) == "COMPLETED")
            assert self.status(project, run) == "PENDING", "execute() decides: pass it every run"
            with self.worker(folder):
                self.wait(lambda: self.status(project, run) == "COMPLETED")

    def test_sigterm_parks_the_runs_and_ends_the_worker(self, folder: Path, project: Project) -> None:
        """It fetches no more, its runs are left to others after their steps, and it exits with 0."""
        run = project.submit("three", {"waits": True})
        with self.worker(folder) as first:
            self.wait(lambda: f"{run} second" in self.ran(folder))
            first.send_signal(signal.SIGTERM)
            later = project.submit("three")
            time.sleep(1)
            (folder / "go").touch()
            assert first.wait(self.deadline_seconds) == 0, "work() must return when worker.stopping is set"
            assert self.status(project, run) == self.status(project, later) == "PENDING"
        with self.worker(folder):
            self.wait(lambda: self.status(project, run) == self.status(project, later) == "COMPLETED")
        assert self.ran(folder).count(f"{run} second") == 1, "the step had time to end"

    @contextmanager
    def worker(self, folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start a worker, and end it after the block."""
        command = [sys.executable, "-m", "spine", "worker", "run", *options]
        environ = {name: text for name, text in os.environ.items() if not name.startswith("SPINE")}
        with (
            (folder / "log").open("ab") as log,
            subprocess.Popen(command, cwd=folder, env=environ, stderr=log) as process,  # noqa: S603 - this interpreter
        ):
            try:
                yield process
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                    assert process.wait(self.deadline_seconds) == 0, (folder / "log").read_text()
            finally:
                process.kill()

    def submit(self, folder: Path) -> str:
        """Submit a run from another folder."""
        command = [sys.executable, "-m", "spine", "--project", str(folder), "run", "three", "--detach", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - this interpreter
        run_id: str = json.loads(done.stdout)["run_id"]
        return run_id

    def status(self, project: Project, run_id: str) -> str:
        """Return the status of a run."""
        found: str = project.runs.find(run_id)["status"]
        return found

    def ran(self, folder: Path) -> list[str]:
        """Return the steps that were begun, each as `RUN STEP`."""
        path = folder / "ran"
        return path.read_text().splitlines() if path.exists() else []

    def wait(self, condition: Callable[[], Any]) -> None:
        """Wait until the condition is true; the test fails if it does not come true in time."""
        deadline = time.monotonic() + self.deadline_seconds
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"it did not happen within {self.deadline_seconds:g} s")
            time.sleep(0.05)
