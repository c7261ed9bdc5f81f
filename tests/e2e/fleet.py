"""A fleet: workers in folders, environments and process namespaces of their own, on one database and one store.

In a namespace of its own, a worker looks to the others like one on another machine: its leases have to expire.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sysconfig
import time
import venv
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from random import Random

from attrs import define, field

from spine.core.adapters.database import DatabaseAdapter
from spine.framework.captures import read_capture
from spine.project import Project
from tests.payload_places import Place
from tests.projects import DEADLINE_SECONDS, clean_environ

FLOWS = Path(__file__).with_name("fleet_flows.py")
LEASE_SECONDS = 10
APART = ("unshare", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc")
SETTINGS = """\
[spine]
name = "fleet"
database = "{url}"
store = "{store}"
modules = ["fleet_flows"]
[spine.store_options]
{options}
[runs]
lease_seconds = {lease}
grace_seconds = 5
max_crashes = 1000
[scheduler]
executor = "procrastinate"
[executors.procrastinate]
type = "procrastinate"
heartbeat_seconds = 2
stalled_seconds = 8
poll_seconds = 1
[alerts]
on_failure = "none"
"""


@define
class Machine:
    """A worker with a folder and an environment of its own; `outer` is the process that holds its namespace."""

    folder: Path
    outer: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """The worker's PID, as this process sees it."""
        own = self.outer.pid
        [child] = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        return int(child)

    @property
    def host(self) -> str:
        """The part of its leases' owner that no other worker has."""
        return Path(f"/proc/{self.pid}/ns/pid").readlink().name.strip("pid:[]")


@define
class Fleet:
    """Workers on one database and one store, which faults hit at random."""

    folder: Path
    url: str
    place: Place
    random: Random
    concurrency: int = 3
    machines: list[Machine] = field(factory=list)
    kills: list[tuple[datetime, list[str]]] = field(factory=list)
    """The time of each kill, and the runs that the worker executed."""
    ended: list[str] = field(factory=list)
    """The logs of workers that ended by themselves."""

    def make(self, name: str) -> Path:
        """Make the project's folder of a machine."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        options = "\n".join(f'{key} = "{value}"' for key, value in self.place.options.items())
        text = SETTINGS.format(url=self.url, store=self.place.url, options=options, lease=LEASE_SECONDS)
        (folder / "spine.toml").write_text(text)
        shutil.copy(FLOWS, folder)
        return folder

    def start(self, count: int) -> None:
        """Start so many workers."""
        for number in range(count):
            folder = self.make(f"machine{number}")
            _make_environment(folder / "env")
            self.machines.append(self._worker(folder))

    def kill(self, adapter: DatabaseAdapter) -> None:
        """Kill a worker with -9, and start it again."""
        place = self.random.randrange(len(self.machines))
        machine = self.machines[place]
        owner = f"%.{machine.host}/%"
        os.kill(machine.pid, signal.SIGKILL)
        machine.outer.wait()
        held = "SELECT run_id FROM core_workflow_runs WHERE lease_owner LIKE ? AND status = 'RUNNING'"
        [now] = adapter.query("SELECT now() AS now")
        self.kills.append((now["now"], [row["run_id"] for row in adapter.query(held, [owner])]))
        self.machines[place] = self._worker(machine.folder)

    def freeze(self, seconds: float) -> None:
        """Stop a worker with SIGSTOP for so long."""
        pid = self.random.choice(self.machines).pid
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)

    def look(self) -> None:
        """Note the workers that ended by themselves."""
        for machine in self.machines:
            if machine.outer.poll() is not None:
                self.ended.append(f"{machine.folder.name}: {(machine.folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop every worker as systemd does, and note those that do not end well."""
        self.look()
        living = [machine for machine in self.machines if machine.outer.poll() is None]
        for machine in living:
            if _terminated(machine) != 0:
                self.ended.append(f"{machine.folder.name}: {(machine.folder / 'log').read_text()[-2000:]}")

    def _worker(self, folder: Path) -> Machine:
        command = [str(folder / "env" / "bin" / "python"), "-m", "spine", "worker", "run"]
        command += ["--concurrency", str(self.concurrency)]
        with (folder / "log").open("ab") as log:
            outer = subprocess.Popen([*APART, *command], cwd=folder, env=clean_environ(), stderr=log, stdout=log)
        return Machine(folder, outer)


def faults_of(project: Project, run_ids: Sequence[str]) -> list[str]:
    """Return what is wrong with runs that ended: not completed, a step that ran again, a capture that is missing."""
    faults = []
    for run_id in run_ids:
        run = project.runs.find(run_id)
        if run["status"] != "COMPLETED":
            faults.append(f"run {run_id} is {run['status']}: {run['error']}")
            continue
        outputs = {name: output["token"] for name, output in run["outputs"].items()}
        for name, output in run["outputs"].items():
            wrong = {step for step, token in output["seen"].items() if token != outputs[step]}
            faults += [f"run {run_id}: {name} has seen another {step}" for step in wrong]
        kept = read_capture("fleet.tokens", partitions=[{"run": run_id, "step": name} for name in outputs]).data
        if {row["token"] for row in kept} != set(outputs.values()):
            faults.append(f"run {run_id}: the captures are not those of its steps")
    return faults


def slow_recoveries(adapter: DatabaseAdapter, fleet: Fleet, within: float) -> list[str]:
    """Return the runs of killed workers that no other one had resumed after so many seconds."""
    resumed = (
        "SELECT min(timestamp) AS at FROM core_workflow_events "
        "WHERE run_id = ? AND event_type IN ('run.resumed', 'run.started') AND timestamp > ?"
    )
    found, longest = [], 0.0
    for at, run_ids in fleet.kills:
        for run_id in run_ids:
            [row] = adapter.query(resumed, [run_id, at])
            if row["at"] is None:
                found.append(f"run {run_id}: never")
                continue
            took = (row["at"] - at).total_seconds()
            longest = max(longest, took)
            if took > within:
                found.append(f"run {run_id}: after {took:.1f} s")
    print(f"runs of killed workers: {sum(len(runs) for _, runs in fleet.kills)}, resumed after {longest:.1f} s at most")
    return found


def _terminated(machine: Machine) -> int:
    """Send SIGTERM until the worker has ended, and return its exit code.

    The first process of a namespace ignores a signal that it does not handle yet.
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    while machine.outer.poll() is None:
        assert time.monotonic() < deadline, (machine.folder / "log").read_text()
        with suppress(ProcessLookupError, FileNotFoundError, ValueError):  # it has just ended
            os.kill(machine.pid, signal.SIGTERM)
        time.sleep(0.5)
    return int(machine.outer.returncode)


def _make_environment(folder: Path) -> None:
    """Make an environment of its own, which finds the installed distributions in those of this one."""
    venv.create(folder, with_pip=False)
    [site] = folder.glob("lib/python*/site-packages")
    (site / "shared.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
