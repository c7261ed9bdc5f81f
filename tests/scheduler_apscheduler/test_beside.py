"""Applications and `spine scheduler run` on one database: each tick starts once, what one leaves another ends."""

from __future__ import annotations

import re
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from spine.app.health_file import read_health
from tests.databases import PostgresServer
from tests.machine_clock import MachineClock
from tests.projects import DEADLINE_SECONDS, Project, wait_until
from tests.scheduler_apscheduler.applications import application, make, ran

SCHEDULES = "".join(f'[schedules.s{number}]\nworkflow = "w"\nevery = "1s"\noverlap = "allow"\n' for number in range(3))
KINDS = ("background", "asyncio")


def history(project: Project, *name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.call("schedules", "history", *name, "--limit", "1000", "--json").json
    return found


def completed(project: Project) -> int:
    return sum(tick["status"] == "COMPLETED" for tick in history(project))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_tick_starts_one_run_beside_a_scheduler_of_the_command_line(
    tmp_path: Path, database_url: str, kind: str
) -> None:
    project = make(tmp_path, SCHEDULES, database=database_url)
    assert project.call("db", "upgrade").code == 0
    other = project.start("-q", "scheduler", "run")
    try:
        with application(project, kind), application(project, "background"):
            wait_until(lambda: completed(project) >= 12)
            wait_until(lambda: len(project.call("scheduler", "run", "--status", "--json").json) == 3)
    finally:
        other.send_signal(signal.SIGTERM)
        other.communicate(timeout=DEADLINE_SECONDS)
    ticks = history(project)
    assert max(Counter((tick["schedule_name"], tick["scheduled_at"]) for tick in ticks).values()) == 1
    started = [tick["run_id"] for tick in ticks if tick["run_id"]]
    assert len(started) == len(set(started))
    assert max(Counter(ran(project)).values()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_changes_of_schedules_by_other_processes_are_followed(tmp_path: Path, kind: str) -> None:
    project = make(tmp_path)
    with application(project, kind):
        assert project.run("schedules", "add", "new", "--workflow", "w", "--every", "1s").code == 0
        wait_until(lambda: completed(project) >= 2)
        assert project.run("schedules", "pause", "new").code == 0
        last = history(project)[0]["scheduled_at"]
        assert project.run("schedules", "add", "other", "--workflow", "w", "--every", "1s").code == 0
        wait_until(lambda: len(history(project, "other")) >= 3)
        assert max(tick["scheduled_at"] for tick in history(project, "new")) == last


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_an_application_that_ends_parks_its_run_and_another_process_finishes_it(
    tmp_path: Path, database_url: str, kind: str
) -> None:
    project = make(tmp_path, settings="[runs]\ngrace_seconds = 600\n", database=database_url)
    assert project.call("db", "upgrade").code == 0
    assert project.call("schedules", "add", "s", "--workflow", "stages", "--every", "1s").code == 0
    with application(project, kind) as process:
        wait_until(lambda: len(ran(project)) == 1)
        process.terminate()
        project.write("go", "")
        process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0
    [run_id] = ran(project)[:1]
    shown = project.call("runs", "show", run_id, "--json").json
    assert shown["status"] in {"PENDING", "COMPLETED"}
    with application(project, "background"):
        wait_until(lambda: project.call("runs", "show", run_id, "--json").json["status"] == "COMPLETED")
    assert ran(project).count(run_id) == 2  # each of the two steps once


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_runs_go_to_processes_where_the_settings_say_so(tmp_path: Path, kind: str) -> None:
    project = make(tmp_path, SCHEDULES, settings='[scheduler]\nexecutor = "processes"\nworkers = 1\n')
    with application(project, kind) as process:
        wait_until(lambda: completed(project) >= 3)
        process.terminate()
        process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0
    assert max(Counter(ran(project)).values()) == 1


@pytest.mark.slow
def test_the_run_of_an_application_that_is_killed_is_finished_by_another(tmp_path: Path) -> None:
    project = make(tmp_path, settings="[runs]\nlease_seconds = 2\n")
    assert project.call("schedules", "add", "s", "--workflow", "stages", "--every", "1s").code == 0
    with application(project, "background") as process:
        wait_until(lambda: len(ran(project)) == 1)
        process.kill()
    project.write("go", "")
    [run_id] = ran(project)
    with application(project, "background"):
        wait_until(lambda: project.call("runs", "show", run_id, "--json").json["status"] == "COMPLETED")


@pytest.mark.slow
def test_a_server_that_is_away_is_told_once_and_the_ticks_go_on_when_it_is_back(
    tmp_path: Path, own_postgres: PostgresServer
) -> None:
    project = make(tmp_path, SCHEDULES, database=own_postgres.url)
    assert project.call("db", "upgrade").code == 0

    def error() -> str:
        return str(next(iter(read_health(project.root)))["last_error"])

    with application(project, "background") as process:
        wait_until(lambda: completed(project) >= 3)
        own_postgres.halt()
        wait_until(lambda: "PostgreSQL" in error())  # connecting is tried for half a minute, in each call of the store
        own_postgres.restart()
        before = completed(project)
        wait_until(lambda: completed(project) >= before + 3)
        process.terminate()
        _, told = process.communicate(timeout=DEADLINE_SECONDS)
    warnings = re.findall("the ticks could not be decided.*", told)  # a server that starts up is another fault
    assert warnings
    assert len(set(warnings)) == len(warnings)


@pytest.mark.slow
def test_a_clock_of_the_machine_that_is_put_back_delays_no_tick(tmp_path: Path, own_postgres: PostgresServer) -> None:
    clock = MachineClock(tmp_path)
    project = make(tmp_path / "project", SCHEDULES, database=own_postgres.url)
    assert project.call("db", "upgrade").code == 0
    with application(project, "background", environ=clock.environ):
        for seconds in (0, -3600, 3600, 0):
            clock.set(seconds)
            before = completed(project)
            wait_until(lambda count=before: completed(project) >= count + 6)  # type: ignore[misc]
    assert max(Counter((tick["schedule_name"], tick["scheduled_at"]) for tick in history(project)).values()) == 1
