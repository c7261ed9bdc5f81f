"""Projects with a map on Dask, and clusters of real processes on the loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from attrs import define, field

from tests.projects import DEADLINE_SECONDS, Project, clean_environ, wait_until

SETTINGS = """\
[spine]
name = "maps"
modules = ["flows"]
[alerts]
on_failure = "none"
[executors.dask]
type = "dask"
"""


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Project]:
    """Make a project from its `flows.py` and the options of the executor."""

    def make(flows: str, options: str = "", name: str = "project") -> Project:
        project = Project(tmp_path / name)
        project.write("spine.toml", SETTINGS + options)
        project.write("flows.py", flows)
        return project

    return make


@define(eq=False)
class DaskCluster:
    """Scheduler and workers, each a process of the command line of Dask."""

    folder: Path
    tls: Sequence[str] = ()
    environ: Mapping[str, str] = field(factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(factory=list)

    @property
    def path(self) -> str:
        """The folders that the workers import from."""
        return os.pathsep.join(sys.path)

    def start(self, workers: int, *options: str, port: int = 0) -> str:
        """Start the scheduler and workers, and return the address; the scheduler is the first of the processes."""
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        protocol = "tls" if self.tls else "tcp"
        common = ("--host", "127.0.0.1", "--protocol", protocol, "--scheduler-file", str(file), *self.tls)
        self._run("dask_scheduler", "--port", str(port), "--no-show", "--dashboard-address", "127.0.0.1:0", *common)
        wait_until(lambda: file.exists() and file.read_text().endswith("}"))
        for number in range(workers):
            self._run("dask_worker", "--local-directory", str(self.folder / f"scratch-{number}"), *common, *options)
        address: str = json.loads(file.read_text())["address"]
        return address

    def kill_scheduler(self) -> None:
        self.processes[0].kill()
        self.processes[0].wait(DEADLINE_SECONDS)

    def stop(self) -> None:
        """Kill all processes, with the workers of the nannies."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(DEADLINE_SECONDS)
        self.processes.clear()

    def _run(self, module: str, *arguments: str) -> None:
        script = f"from distributed.cli.{module} import main; main()"
        with (self.folder / "cluster.log").open("ab") as log:
            started = subprocess.Popen(
                [sys.executable, "-c", script, *arguments],
                env={**clean_environ(), "PYTHONPATH": self.path, **self.environ},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(started)


FORKED = {"DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD": "forkserver"}  # a worker is back without imports
WORKER = ("--nthreads", "1", "--nworkers", "1", "--no-dashboard", "--worker-port", "0")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    """A cluster that is not started."""
    found = DaskCluster(tmp_path)
    yield found
    found.stop()
