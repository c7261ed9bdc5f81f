"""The soak: schedulers and workers on one store, with faults at random moments; see `soak_check` for its end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from attrs import define, field
from sqlalchemy import func, select, update

from spine.core.adapters.database import get_adapter
from spine.core.errors import SpineError
from spine.orchestration.status import WorkflowStatus
from spine.storage.history import History
from spine.storage.tables.alerts import alert_deliveries
from spine.storage.tables.runs import runs
from spine.storage.tables.schedules import schedule_runs, schedules
from tests.databases import PostgresServer
from tests.e2e.soak_check import Findings, Window, examine
from tests.machine_clock import MachineClock
from tests.projects import SPINE, Project, clean_environ

FLOWS = Path(__file__).with_name("soak_flows.py")
WORKFLOWS = ("soak.all", "soak.fails", "soak.hangs", "soak.hangs_apart", "soak.refused", "soak.polls", "soak.inbox")
SETTINGS = """\
[spine]
name = "soak"
database = "{url}"
modules = ["soak_flows"]
[runs]
lease_seconds = 5
grace_seconds = 1
max_crashes = 1000
[scheduler]
workers = 8
[sources.inbox]
type = "file"
path = "inbox/*.csv"
[channels.ops]
type = "console"
throttle_minutes = 0
"""
SCHEDULE = """\
[schedules."{name}"]
workflow = "{name}"
every = "{every}s"
overlap = "{overlap}"
misfire_grace_seconds = 30
"""
MARGIN = timedelta(seconds=5)  # around the time at which the clock was wrong
DRAIN_SECONDS = 300
NAMES = ("a\nb", "a\x1b[31m", "\u202egpj", "-rf", "a b'\"", "*?[x]", "\u00e9\u0301", "x..", "%s{0}", "x" * 200)


def make(folder: Path, url: str, every: float) -> Project:
    """Return the project of a soak, with a schedule of each workflow."""
    project = Project(folder)
    overlaps = {"soak.polls": "queue"}
    tables = (
        SCHEDULE.format(name=name, every=every * (1 + place % 3), overlap=overlaps.get(name, "allow"))
        for place, name in enumerate(WORKFLOWS)
    )
    project.write("spine.toml", SETTINGS.format(url=url) + "".join(tables))
    shutil.copy(FLOWS, folder)
    project.write("inbox/first.csv", "n\n1\n")
    assert project.call("db", "upgrade").code == 0
    assert project.call("schedules", "list").code == 0  # all count from the same moment
    return project


@define
class Soak:
    """A project whose processes are killed, stopped, frozen and starved; `server` is that of its database, if any."""

    project: Project
    clock: MachineClock
    random: Random
    log: Path
    server: PostgresServer | None = None
    kinds: Sequence[str] = ()  # of faults, all by default
    faults: Counter[str] = field(factory=Counter)
    finished: list[str] = field(factory=list)
    wrong_times: list[Window] = field(factory=list)
    _schedulers: list[subprocess.Popen[bytes]] = field(factory=list)
    _workers: list[tuple[subprocess.Popen[bytes], Path]] = field(factory=list)
    _undo: list[tuple[float, Callable[[], None]]] = field(factory=list)

    def run(self, seconds: float) -> None:
        """Let three schedulers and three workers work for so long, with a fault every other second."""
        self._schedulers = [self._scheduler(place) for place in range(3)]
        self._workers = [self._worker() for _ in range(3)]
        ends_at, next_fault = time.monotonic() + seconds, time.monotonic() + 2
        try:
            while time.monotonic() < ends_at:
                time.sleep(0.05)
                self._tend()
                if time.monotonic() >= next_fault:
                    self._inject()
                    next_fault = time.monotonic() + self.random.uniform(0.5, 2.5)
        finally:
            self._end()

    def drain(self) -> Findings:
        """Let one scheduler finish what was begun, and return what is wrong then."""
        last = self._scheduler(0)
        url = self.server.url if self.server is not None else f"sqlite:///{self.project.root}/spine.db"
        try:
            with get_adapter(url) as adapter:
                history = History(adapter, "soak")
                _decide_the_rest(history)
                deadline = time.monotonic() + DRAIN_SECONDS
                while any(_open(history)) and time.monotonic() < deadline:
                    time.sleep(0.2)
                last.terminate()
                last.wait(60)
                return examine(history, finished=self.finished, excused=self.wrong_times)
        finally:
            last.kill()
            last.wait()

    def _scheduler(self, place: int) -> subprocess.Popen[bytes]:
        executor = "processes" if place == 2 else "threads"
        return self._start({"SPINE__SCHEDULER__EXECUTOR": executor}, None, "-q", "scheduler", "run")

    def _worker(self) -> tuple[subprocess.Popen[bytes], Path]:
        out = self.log.with_name(f"worker-{self.random.getrandbits(64):x}")
        return self._start({}, out, "run", self.random.choice(WORKFLOWS), "--json"), out

    def _start(self, environ: dict[str, str], out: Path | None, *arguments: str) -> subprocess.Popen[bytes]:
        given = {**clean_environ(), **self.clock.environ, **environ}
        with self.log.open("ab") as log, (out or self.log).open("ab") as file:
            return subprocess.Popen(
                [SPINE, *arguments], cwd=self.project.root, env=given, stdout=file, stderr=log, start_new_session=True
            )

    def _tend(self) -> None:
        """Start again what has ended, as a service manager does, and take back the faults whose time is over."""
        for place, process in enumerate(self._schedulers):
            if process.poll() is not None:
                self._schedulers[place] = self._scheduler(place)
        for place, (process, out) in enumerate(self._workers):
            if process.poll() is not None:
                self._note_result(process, out)
                self._workers[place] = self._worker()
        now = time.monotonic()
        over = [undo for at, undo in self._undo if at <= now]
        self._undo = [(at, undo) for at, undo in self._undo if at > now]
        for undo in over:
            undo()

    def _note_result(self, process: subprocess.Popen[bytes], out: Path) -> None:
        if process.returncode == 0:
            self.finished.append(json.loads(out.read_bytes())["run_id"])
        out.unlink()

    def _inject(self) -> None:
        choices = [self._kill, self._kill, self._terminate, self._freeze, self._freeze, self._fill_disk, self._hostile]
        choices += [self._suspend, self._move_clock, self._step_clock]
        if self.server is not None:
            choices += [self._cut, self._cut, self._restart]
        wanted = [choice for choice in choices if not self.kinds or choice.__name__.strip("_") in self.kinds]
        fault = self.random.choice(wanted)
        self.faults[fault.__name__.strip("_")] += 1
        fault()

    def _end(self) -> None:
        for _at, undo in self._undo:
            undo()
        self._undo.clear()
        for process in self._processes():
            process.kill()
            process.wait()
        for process, out in self._workers:
            self._note_result(process, out)

    def _processes(self) -> list[subprocess.Popen[bytes]]:
        return [*self._schedulers, *(process for process, _out in self._workers)]

    def _kill(self) -> None:
        self.random.choice(self._processes()).kill()

    def _terminate(self) -> None:
        self.random.choice(self._processes()).terminate()

    def _freeze(self, processes: Sequence[subprocess.Popen[bytes]] = (), seconds: float = 0) -> None:
        for process in processes or [self.random.choice(self._processes())]:
            process.send_signal(signal.SIGSTOP)
            self._later(seconds or self.random.uniform(0.5, 8), lambda it=process: it.send_signal(signal.SIGCONT))

    def _suspend(self) -> None:
        """Close the lid: everything stands still, and the clock is ahead afterwards."""
        seconds = self.random.uniform(1, 4)
        self._freeze(self._processes(), seconds)
        self._shift(self.random.uniform(5, 50), seconds)

    def _move_clock(self) -> None:
        self._shift(self.random.choice([-1, 1]) * self.random.uniform(1, 12) * 3600, self.random.uniform(1, 4))

    def _step_clock(self) -> None:
        self._shift(self.random.uniform(-50, 50), self.random.uniform(2, 6))

    def _shift(self, seconds: float, lasting: float) -> None:
        if self.clock.shift:
            return  # one wrong time after the other
        begun = datetime.now(UTC)
        self.clock.set(seconds)

        def put_right() -> None:
            self.clock.set(0)
            self.wrong_times.append((begun - MARGIN, datetime.now(UTC) + MARGIN))

        self._later(lasting, put_right)

    def _fill_disk(self) -> None:
        ballast = self.project.root / "ballast"
        with ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                while _wrote(file.fileno(), size):
                    pass
        self._later(self.random.uniform(0.5, 3), lambda: ballast.unlink(missing_ok=True))

    def _hostile(self) -> None:
        name = f"{self.random.choice(NAMES)}{self.random.randrange(100)}.csv"
        try:
            self.project.write(f"inbox/{name}", "n\n1\n")
        except OSError:  # the disk is full
            (self.project.root / "inbox" / name).unlink(missing_ok=True)

    def _cut(self) -> None:
        assert self.server is not None
        count = self.random.randint(1, 4)
        try:
            with get_adapter(self.server.url) as adapter:
                adapter.query(
                    "SELECT pg_terminate_backend(pid) AS cut FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                    f"AND datname = current_database() ORDER BY random() LIMIT {count}"
                )
        except SpineError:
            self.faults["cut in vain"] += 1

    def _restart(self) -> None:
        assert self.server is not None
        self.server.restart()

    def _later(self, seconds: float, undo: Callable[[], None]) -> None:
        self._undo.append((time.monotonic() + seconds, undo))


def _wrote(descriptor: int, size: int) -> bool:
    try:
        return os.write(descriptor, bytes(size)) == size
    except OSError:
        return False


def _decide_the_rest(history: History) -> None:
    """Return when all that was due by now is decided, and nothing more starts."""
    now, deadline = datetime.now(UTC), time.monotonic() + DRAIN_SECONDS
    due = select(func.count()).where(schedules.c.next_run_at <= now)
    ahead = select(func.count()).where(schedules.c.last_tick_at > now + timedelta(seconds=60))
    while time.monotonic() < deadline and (_count(history, due) or _count(history, ahead)):
        time.sleep(0.2)
    with history.engine.begin() as connection:
        connection.execute(update(schedules).values(next_run_at=None))


def _open(history: History) -> Iterator[int]:
    is_open = [status.name for status in WorkflowStatus if status.is_open]
    yield _count(history, select(func.count()).where(runs.c.status.in_(is_open)))
    yield _count(history, select(func.count()).where(schedule_runs.c.status.in_(["PENDING", "RUNNING"])))
    yield _count(history, select(func.count()).where(alert_deliveries.c.status == "PENDING"))


def _count(history: History, query: object) -> int:
    with history.reader.connect() as connection:
        return int(connection.execute(query).scalar_one())  # type: ignore[call-overload]
