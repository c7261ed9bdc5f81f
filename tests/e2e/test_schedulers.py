"""Several schedulers on one database start each tick once, also when they are killed, stopped or frozen."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import define, field
from sqlalchemy import func, select, update

from spine.core.adapters.database import get_adapter
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.history import History
from spine.storage.schedules.store import SqlScheduleStore
from spine.storage.tables.schedules import schedule_runs, schedules
from tests.databases import PostgresServer
from tests.projects import Project, clean_environ, wait_until

SHIFTED = Path(__file__).with_name("shifted_spine.py")
FLOWS = """
import time
from pathlib import Path

from spine.core.errors import RateLimitError
from spine.orchestration import RetryPolicy, Step, Workflow, workflow_registry


def refused_once(context, config):
    marker = Path(f"refused-{context.run_id}")
    if not marker.exists():
        marker.touch()
        raise RateLimitError("slow down", retry_after=11)


def slow_params(params):
    time.sleep(0.5)
    return params


def register(name, function, **options):
    workflow_registry.register(Workflow(name, [Step.lambda_("a", function, **options.pop("step", {}))], **options))


register("w", lambda context, config: None)
register("slow_params", lambda context, config: None, resolve_params=slow_params)
register("retried", refused_once, step={"retry_policy": RetryPolicy(max_attempts=5)})
register("hanging", lambda context, config: time.sleep(300), timeout=2)
"""
TICKS = """
SELECT t.project, t.schedule_name, t.scheduled_at, t.status, t.started_at, t.run_id, t.error, r.status AS run_status,
       r.workflow_name, r.error AS run_error
FROM core_schedule_runs t LEFT JOIN core_workflow_runs r ON r.run_id = t.run_id
"""
ENDED_TWICE = """
SELECT count(*) AS n FROM (
    SELECT run_id FROM core_workflow_steps WHERE status = 'COMPLETED' GROUP BY run_id, step_name HAVING count(*) > 1
) AS twice
"""
STRAY_ALERTS = """
SELECT count(*) AS n FROM core_alerts
WHERE run_id IS NULL OR run_id NOT IN (SELECT run_id FROM core_workflow_runs WHERE workflow_name = 'hanging')
"""


@define
class Fleet:
    """Schedulers that are killed, frozen and started anew; on a server their clocks may be wrong.

    They take turns in the projects.
    """

    projects: list[Project]
    shifts: list[float]
    random: Random = field(factory=lambda: Random(11))
    processes: list[subprocess.Popen[str]] = field(factory=list)

    def start(self) -> None:
        self.processes = [self._launch(place) for place in range(len(self.shifts))]

    def kill_one(self) -> None:
        self.kill(self.random.randrange(len(self.processes)))

    def kill(self, place: int) -> None:
        self.processes[place].kill()
        self.processes[place].communicate()
        self.processes[place] = self._launch(place)

    def freeze_one(self, seconds: float) -> None:
        process = self.random.choice(self.processes)
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()

    def _launch(self, place: int) -> subprocess.Popen[str]:
        command, environ = self._program(place)
        return subprocess.Popen(
            command,
            cwd=self.projects[place % len(self.projects)].root,
            env={**clean_environ(), **environ},
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _program(self, place: int) -> tuple[list[str], dict[str, str]]:
        return [sys.executable, str(SHIFTED), str(self.shifts[place]), "-q", "scheduler", "run"], {}


def make(folder: Path, url: str, count: int, every: str, workflows: Sequence[str] = ("w",)) -> Project:
    """Return a project with so many schedules of each workflow."""
    project = Project(folder)
    rules = f'every = "{every}"\noverlap = "allow"\nmisfire_grace_seconds = 3600\n'
    tables = "".join(
        f'[schedules.{workflow}{number}]\nworkflow = "{workflow}"\n{rules}'
        for workflow in workflows
        for number in range(count)
    )
    settings = f'[spine]\nname = "{folder.name}"\ndatabase = "{url}"\nmodules = ["flows"]\n'
    settings += "[runs]\nlease_seconds = 2\ngrace_seconds = 1\nmax_crashes = 100\n"
    project.write("spine.toml", f"{settings}{tables}")
    project.write("flows.py", FLOWS)
    assert project.call("db", "upgrade").code == 0
    assert project.call("schedules", "list").code == 0  # all count from the same moment
    return project


def sweep(
    projects: list[Project], url: str, seconds: float, shifts: list[float], faults: list[Callable[[Fleet], None]]
) -> dict[str, Any]:
    return endure(Fleet(projects, shifts), url, seconds, faults)


def endure(fleet: Fleet, url: str, seconds: float, faults: list[Callable[[Fleet], None]]) -> dict[str, Any]:
    """Let schedulers work for so long with a fault now and then, let a last one finish, and return what was found."""
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
    return _report(fleet.projects, url, number)


def _report(projects: list[Project], url: str, faults: int) -> dict[str, Any]:
    last = [project.start("-q", "scheduler", "run") for project in projects]
    with get_adapter(url.replace("sqlite:///spine.db", f"sqlite:///{projects[0].root}/spine.db")) as adapter:
        try:
            for project in projects:
                _wait_for_the_last(History(adapter, project.root.name))
        finally:
            for process in last:
                process.terminate()
                process.communicate()
        ticks = adapter.query(TICKS)
        declared = adapter.query("SELECT project, name, interval_seconds, created_at, last_tick_at FROM core_schedules")
        [twice], [stray] = adapter.query(ENDED_TWICE), adapter.query(STRAY_ALERTS)
    expected = Counter(
        (row["project"], row["name"], moment)
        for row in declared
        for moment in _moments(_time(row["created_at"]), _time(row["last_tick_at"]), row["interval_seconds"])
    )
    found = Counter((row["project"], row["schedule_name"], _time(row["scheduled_at"])) for row in ticks)
    unfinished = [row for row in ticks if {row["run_status"], row["status"]} != {_end_of(row["workflow_name"])}]
    for row in unfinished:
        print(row)
    lateness = sorted((_time(row["started_at"]) - _time(row["scheduled_at"])).total_seconds() for row in ticks)
    return {
        "ticks": len(ticks),
        "faults": faults,
        "duplicates": len(ticks) - len({row["run_id"] for row in ticks}) + sum((found - expected).values()),
        "missed": sum((expected - found).values()),
        "early": sum(late < 0 for late in lateness),
        "unfinished": len(unfinished),
        "ended_twice": twice["n"],
        "stray_alerts": stray["n"],
        "late_p99": lateness[int(len(lateness) * 0.99)],
    }


def _end_of(workflow: str) -> str:
    return "FAILED" if workflow == "hanging" else "COMPLETED"


def _wait_for_the_last(history: History) -> None:
    """Return when all that was due by now is decided, nothing more starts, and what started has ended."""
    store = SqlScheduleStore(history, SqlAlertStore(history))
    now = store.now()
    wait_until(lambda: (store.next_due() or now) > now)
    with history.engine.begin() as connection:
        connection.execute(update(schedules).where(history.own(schedules)).values(paused_at=now))
    still_open = select(func.count().label("n")).select_from(schedule_runs)
    still_open = still_open.where(history.own(schedule_runs), schedule_runs.c.status.in_(["PENDING", "RUNNING"]))
    wait_until(lambda: history.adapter.query(still_open)[0]["n"] == 0)


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
    wrong = {key: report[key] for key in ("duplicates", "missed", "early", "unfinished", "ended_twice", "stray_alerts")}
    assert wrong == dict.fromkeys(wrong, 0), report


@pytest.mark.slow
def test_two_schedulers_on_a_file_start_each_tick_once(tmp_path: Path) -> None:
    url = "sqlite:///spine.db"
    report = sweep([make(tmp_path, url, 5, "1s")], url, 8, [0, 0], [kill, freeze])
    assert report["ticks"] >= 25
    check(report)


@pytest.mark.slow
def test_four_schedulers_on_a_server_start_each_tick_once(tmp_path: Path, own_postgres: PostgresServer) -> None:
    def restart(_fleet: Fleet) -> None:
        own_postgres.restart()

    url = own_postgres.url
    shifts = [0, 3600, -3600, 0]
    report = sweep([make(tmp_path, url, 10, "1s")], url, 12, shifts, [kill, freeze, restart, kill])
    assert report["ticks"] >= 80
    check(report)


def two_misbehaving_projects(tmp_path: Path, url: str, count: int, every: str) -> list[Project]:
    """Return two projects, each with workflows whose steps hang, are refused once, or have slow parameters."""
    workflows = ("w", "slow_params", "retried", "hanging")
    return [make(tmp_path / name, url, count, every, workflows) for name in ("one", "two")]


@pytest.mark.soak
def test_two_projects_with_hanging_steps_long_pauses_and_slow_parameters_lose_nothing(
    tmp_path: Path, own_postgres: PostgresServer
) -> None:
    url = own_postgres.url
    report = sweep(two_misbehaving_projects(tmp_path, url, 1, "4s"), url, 25, [0, 3600, 0, -3600], [kill, freeze, kill])
    assert report["ticks"] >= 40
    check(report)


@pytest.mark.soak
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_two_projects_with_misbehaving_workflows_for_a_quarter_of_an_hour(
    dialect: str, tmp_path: Path, own_postgres: PostgresServer
) -> None:
    restarts = iter(range(600))

    def restart(fleet: Fleet) -> None:
        if dialect == "sqlite" or next(restarts) % 20:
            fleet.kill_one()
        else:
            own_postgres.restart()

    url = f"sqlite:///{tmp_path / 'shared.db'}" if dialect == "sqlite" else own_postgres.url
    shifts = [0.0, 0.0, 0.0, 0.0] if dialect == "sqlite" else [0, 3600, 0, -3600]
    projects = two_misbehaving_projects(tmp_path, url, 5, "20s")
    report = sweep(projects, url, 900, shifts, [kill, freeze, kill, restart])
    assert report["ticks"] >= 1_500
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
    report = sweep([make(tmp_path, url, 100, "10s")], url, 1010, [0, 3600, -3600, 0], faults)
    assert report["ticks"] >= 10_000
    check(report)


@pytest.mark.soak
def test_without_faults_ticks_are_on_time(tmp_path: Path, own_postgres: PostgresServer) -> None:
    url = own_postgres.url
    report = sweep([make(tmp_path, url, 100, "10s")], url, 120, [0, 3600, -3600, 0], [])
    check(report)  # and prints the lateness


EXITS = """
import os
from spine.orchestration import Step, Workflow, workflow_registry

for name, resolve in (("exits", lambda params: os._exit(7)), ("w", None)):
    workflow_registry.register(Workflow(name, [Step.lambda_("a", lambda c, k: None)], resolve_params=resolve))
"""


@pytest.mark.slow
def test_resolve_params_that_ends_the_process_ends_three_schedulers_and_not_a_fourth(tmp_path: Path) -> None:
    project = Project(tmp_path)
    tables = (f'[schedules.{name}]\nworkflow = "{name}"\nevery = "1s"\n' for name in ("exits", "w"))
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n' + "".join(tables))
    project.write("flows.py", EXITS)
    for _ in range(3):
        assert project.run("scheduler", "run").code == 7
    last = project.start("-q", "scheduler", "run")

    def statuses(name: str) -> set[str]:
        return {tick["status"] for tick in project.call("schedules", "history", name, "--json").json}

    wait_until(lambda: "FAILED" in statuses("exits") and "COMPLETED" in statuses("w"))
    assert last.poll() is None
    last.terminate()
    last.communicate()
