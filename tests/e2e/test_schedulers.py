"""Several schedulers on one database start each tick once, also when they are killed, stopped or frozen."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import define, field
from sqlalchemy import update

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.history import History
from spine.storage.schedules.store import SqlScheduleStore
from spine.storage.tables.schedules import schedules
from tests.databases import PostgresServer
from tests.projects import Project, clean_environ, wait_until

SHIFTED = Path(__file__).with_name("shifted_spine.py")
FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

workflow_registry.register(Workflow("w", [Step.lambda_("a", lambda context, config: None)]))
"""
TICKS = """
SELECT t.schedule_name, t.scheduled_at, t.status, t.started_at, t.run_id, r.status AS run_status
FROM core_schedule_runs t LEFT JOIN core_workflow_runs r ON r.run_id = t.run_id
"""


@define
class Fleet:
    """Schedulers that are killed, frozen and started anew; on a server their clocks may be wrong."""

    project: Project
    shifts: list[float]
    random: Random = field(factory=lambda: Random(11))
    processes: list[subprocess.Popen[str]] = field(factory=list)

    def start(self) -> None:
        self.processes = [self._launch(shift) for shift in self.shifts]

    def kill_one(self) -> None:
        place = self.random.randrange(len(self.processes))
        self.processes[place].kill()
        self.processes[place].communicate()
        self.processes[place] = self._launch(self.shifts[place])

    def freeze_one(self, seconds: float) -> None:
        process = self.random.choice(self.processes)
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()

    def _launch(self, shift: float) -> subprocess.Popen[str]:
        command = [sys.executable, str(SHIFTED), str(shift), "-q", "scheduler", "run"]
        return subprocess.Popen(
            command,
            cwd=self.project.root,
            env=clean_environ(),
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def make(folder: Path, url: str, count: int, every: str) -> Project:
    project = Project(folder)
    tables = "".join(
        f'[schedules.s{number}]\nworkflow = "w"\nevery = "{every}"\noverlap = "allow"\nmisfire_grace_seconds = 3600\n'
        for number in range(count)
    )
    settings = f'[spine]\ndatabase = "{url}"\nmodules = ["flows"]\n[runs]\nlease_seconds = 2\nmax_crashes = 100\n'
    project.write("spine.toml", f"{settings}{tables}")
    project.write("flows.py", FLOWS)
    assert project.call("db", "upgrade").code == 0
    assert project.call("schedules", "list").code == 0  # all count from the same moment
    return project


def sweep(
    project: Project, url: str, seconds: float, shifts: list[float], faults: list[Callable[[Fleet], None]]
) -> dict[str, Any]:
    """Let schedulers work for so long with a fault now and then, let a last one finish, and return what was found."""
    fleet = Fleet(project, shifts)
    fleet.start()
    ends_at = time.monotonic() + seconds
    number = 0
    try:
        while time.monotonic() < ends_at:
            time.sleep(fleet.random.uniform(0.5, 1.5))
            if faults:
                faults[number % len(faults)](fleet)
                number += 1
    finally:
        fleet.end()
    return _report(project, url, number)


def _report(project: Project, url: str, faults: int) -> dict[str, Any]:
    last = project.start("-q", "scheduler", "run")
    with get_adapter(url.replace("sqlite:///", f"sqlite:///{project.root}/", 1)) as adapter:
        try:
            _wait_for_the_last(adapter)
        finally:
            last.terminate()
            last.communicate()
        ticks = adapter.query(TICKS)
        declared = adapter.query("SELECT name, interval_seconds, created_at, last_tick_at FROM core_schedules")
    expected = Counter(
        (row["name"], moment)
        for row in declared
        for moment in _moments(_time(row["created_at"]), _time(row["last_tick_at"]), row["interval_seconds"])
    )
    found = Counter((row["schedule_name"], _time(row["scheduled_at"])) for row in ticks)
    lateness = sorted((_time(row["started_at"]) - _time(row["scheduled_at"])).total_seconds() for row in ticks)
    return {
        "ticks": len(ticks),
        "faults": faults,
        "duplicates": len(ticks) - len({row["run_id"] for row in ticks}) + sum((found - expected).values()),
        "missed": sum((expected - found).values()),
        "early": sum(late < 0 for late in lateness),
        "unfinished": sum(row["run_status"] != "COMPLETED" or row["status"] != "COMPLETED" for row in ticks),
        "late_p99": lateness[int(len(lateness) * 0.99)],
    }


def _wait_for_the_last(adapter: DatabaseAdapter) -> None:
    """Return when all that was due by now is decided, nothing more starts, and what started has ended."""
    store = SqlScheduleStore(History(adapter), SqlAlertStore(History(adapter)))
    now = store.now()
    wait_until(lambda: (store.next_due() or now) > now)
    with adapter.engine.begin() as connection:
        connection.execute(update(schedules).values(paused_at=now))
    still_open = "SELECT count(*) AS n FROM core_schedule_runs WHERE status IN ('PENDING', 'RUNNING')"
    wait_until(lambda: adapter.query(still_open)[0]["n"] == 0)


def _time(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _moments(after: Any, until: Any, seconds: float) -> list[Any]:
    epoch, step = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=seconds)
    count = (after - epoch) // step + 1
    found = []
    while (moment := epoch + count * step) <= until:
        found.append(moment)
        count += 1
    return found


def kill(fleet: Fleet) -> None:
    fleet.kill_one()


def freeze(fleet: Fleet) -> None:
    fleet.freeze_one(1.0)


def check(report: dict[str, Any]) -> None:
    print(report)
    wrong = {key: report[key] for key in ("duplicates", "missed", "early", "unfinished")}
    assert wrong == dict.fromkeys(wrong, 0), report


def test_two_schedulers_on_a_file_start_each_tick_once(tmp_path: Path) -> None:
    url = "sqlite:///spine.db"
    report = sweep(make(tmp_path, url, 5, "1s"), url, 8, [0, 0], [kill, freeze])
    assert report["ticks"] >= 25
    check(report)


@pytest.mark.slow
def test_four_schedulers_on_a_server_start_each_tick_once(tmp_path: Path, own_postgres: PostgresServer) -> None:
    def restart(_fleet: Fleet) -> None:
        own_postgres.restart()

    url = own_postgres.url
    shifts = [0, 3600, -3600, 0]
    report = sweep(make(tmp_path, url, 10, "1s"), url, 12, shifts, [kill, freeze, restart, kill])
    assert report["ticks"] >= 80
    check(report)


@pytest.mark.soak
def test_four_schedulers_for_10_000_ticks(tmp_path: Path, own_postgres: PostgresServer) -> None:
    restarted: list[bool] = []

    def restart_once(fleet: Fleet) -> None:
        if restarted:
            fleet.kill_one()
        else:
            own_postgres.restart()
            restarted.append(True)

    url = own_postgres.url
    faults = [kill, freeze, kill, restart_once]
    report = sweep(make(tmp_path, url, 100, "10s"), url, 1010, [0, 3600, -3600, 0], faults)
    assert report["ticks"] >= 10_000
    check(report)


@pytest.mark.soak
def test_without_faults_ticks_are_on_time(tmp_path: Path, own_postgres: PostgresServer) -> None:
    url = own_postgres.url
    report = sweep(make(tmp_path, url, 100, "10s"), url, 120, [0, 3600, -3600, 0], [])
    check(report)  # and prints the lateness
