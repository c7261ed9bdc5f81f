"""Backfills in processes of their own: parked, killed, cancelled, and beside others that run the same partitions."""

from __future__ import annotations

import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.projects import DEADLINE_SECONDS, Project, wait_until

FLOWS = """
import os, time
from pathlib import Path
from spine.orchestration import Daily, Step, Workflow, workflow_registry

HERE = Path(__file__).parent

def load(context, config):
    with (HERE / "ran").open("a") as file:
        file.write(context.params["day"] + "\\n")
    gate = HERE / f"gate-{context.params['day']}"
    deadline = time.monotonic() + 600
    while gate.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.01)

def also(context, config):
    return {"day": context.params["day"]}

steps = [Step.lambda_("load", load), Step.lambda_("also", also)]
workflow_registry.register(Workflow("w", steps, partitions=Daily("day", start="2026-01-05")))
"""
RANGE = ("--from", "2026-01-05", "--to", "2026-01-12")
DAYS = [f"2026-01-{number:02d}" for number in range(5, 13)]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def project(request: pytest.FixtureRequest, tmp_path: Path, new_database: Callable[[str], str]) -> Project:
    return make(tmp_path, new_database(request.param))


def make(folder: Path, url: str, more: str = "") -> Project:
    project = Project(folder / "project")
    project.write("flows.py", FLOWS)
    project.write(
        "spine.toml", f'[spine]\ndatabase = "{url}"\nmodules = ["flows"]\n[alerts]\non_failure = "none"\n{more}'
    )
    assert project.call("db", "upgrade").code == 0
    return project


@pytest.fixture
def started(project: Project) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """A function that starts a command; what still works at the end is killed."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        processes.append(project.start(*arguments))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate(timeout=DEADLINE_SECONDS)


def close_gate(project: Project, day: str) -> Path:
    return project.write(f"gate-{day}", "")


def ran(project: Project) -> list[str]:
    path = project.root / "ran"
    return path.read_text().splitlines() if path.exists() else []


def runs(project: Project) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.call("runs", "list", "-n", "5000", "--json").json
    return found


def days(found: list[dict[str, Any]]) -> list[str]:
    return sorted(run["partition_key"]["day"] for run in found)


def assert_no_overlap(found: list[dict[str, Any]]) -> None:
    for day in set(days(found)):
        of_day = sorted((run for run in found if run["partition_key"]["day"] == day), key=lambda run: run["created_at"])
        for earlier, later in pairwise(of_day):
            assert earlier["completed_at"] <= later["created_at"], day


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_parks_the_backfill_and_says_how_to_continue(
    project: Project, started: Callable[..., subprocess.Popen[str]], number: signal.Signals, code: int
) -> None:
    gate = close_gate(project, "2026-01-06")
    process = started("backfill", "w", *RANGE, "--max-parallel", "1")
    wait_until(lambda: "2026-01-06" in ran(project))
    process.send_signal(number)
    gate.unlink()
    _out, err = process.communicate(timeout=DEADLINE_SECONDS)
    [kept] = project.call("backfills", "list", "--json").json
    assert (process.returncode, kept["status"]) == (code, "PENDING")
    assert f"continue with: spine backfills resume {kept['id']}" in err
    assert project.call("backfills", "resume", kept["id"]).code == 0
    assert days(runs(project)) == DAYS
    assert sorted(ran(project)) == DAYS


@pytest.mark.slow
def test_a_backfill_is_cancelled_from_another_terminal(
    project: Project, started: Callable[..., subprocess.Popen[str]]
) -> None:
    gate = close_gate(project, "2026-01-06")
    process = started("backfill", "w", *RANGE, "--max-parallel", "1")
    wait_until(lambda: "2026-01-06" in ran(project))
    cancelling = started("backfills", "cancel", "latest")
    wait_until(lambda: bool(project.call("backfills", "list", "--json").json[0]["cancel_requested_at"]))
    gate.unlink()
    out, _err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1
    assert "w: CANCELLED, " in out
    assert cancelling.wait(DEADLINE_SECONDS) == 0
    assert len(ran(project)) < len(DAYS)
    assert not [run for run in runs(project) if run["status"] in ("PENDING", "RUNNING", "WAITING")]
    assert project.call("backfills", "resume", "latest").code == 0
    assert days(runs(project)) == DAYS


@pytest.mark.slow
@pytest.mark.parametrize(("choice", "each"), [("--all", 2), ("--missing", 1)])
def test_two_backfills_of_one_range_never_run_a_partition_at_once(
    project: Project, started: Callable[..., subprocess.Popen[str]], choice: str, each: int
) -> None:
    gates = [close_gate(project, day) for day in DAYS[:4]]
    processes = [started("backfill", "w", *RANGE, choice, "--max-parallel", "4") for _ in range(2)]
    wait_until(lambda: len(project.call("backfills", "list", "--json").json) == 2)
    wait_until(lambda: set(DAYS[:4]) <= set(ran(project)))
    for gate in gates:
        gate.unlink()
    for process in processes:
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, err
        assert out.startswith("w: COMPLETED, ")
    found = runs(project)
    assert Counter(days(found)) == dict.fromkeys(DAYS, each)
    assert_no_overlap(found)


@pytest.mark.slow
def test_a_backfill_waits_for_the_run_of_a_schedule(
    project: Project, started: Callable[..., subprocess.Popen[str]]
) -> None:
    gate = close_gate(project, "2026-01-07")
    toml = project.root / "spine.toml"
    schedule = '\n[schedules.s]\nworkflow = "w"\nevery = "1s"\nmax_instances = 1\nparams = { day = "2026-01-07" }\n'
    toml.write_text(toml.read_text() + schedule)
    scheduler = started("scheduler", "run")
    wait_until(lambda: "2026-01-07" in ran(project))
    project.call("schedules", "pause", "s")
    process = started("backfill", "w", *RANGE, "--all")
    wait_until(lambda: set(ran(project)) == set(DAYS))
    assert process.poll() is None
    gate.unlink()
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert (process.returncode, "8 of 8 partitions done" in out) == (0, True), err
    scheduler.terminate()
    assert_no_overlap(runs(project))


def kill_until_done(project: Project, kills: int, executor: str, seed: int = 7) -> None:
    """Kill a backfill at random moments, resume it until it is complete, and compare the runs with the plan."""
    random, count = Random(seed), kills * 25
    until = _plus("2026-01-05", count - 1)
    command: tuple[str, ...] = ("backfill", "w", "--from", "2026-01-05", "--to", until, "--max-parallel", "4")
    for _ in range(kills):
        before = len(ran(project))
        process = project.start(*command)
        wait_until(lambda: process.poll() is not None or len(ran(project)) > before)  # noqa: B023 - called at once
        with suppress(subprocess.TimeoutExpired):
            process.wait(random.uniform(0, 0.5))
        process.kill()
        process.communicate(timeout=DEADLINE_SECONDS)
        command = ("backfills", "resume", "latest")
        if project.call("backfills", "show", "latest", "--json").json["status"] == "COMPLETED":
            break
    done = project.run("backfills", "resume", "latest")
    assert done.code == 0 or "there is nothing to resume" in done.err, (executor, done.err)
    found = runs(project)
    assert Counter(days(found)) == {_plus("2026-01-05", number): 1 for number in range(count)}
    assert {run["status"] for run in found} == {"COMPLETED"}
    assert project.call("backfills", "show", "latest", "--json").json["counts"]["completed"] == count


def _plus(day: str, number: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=number)).isoformat()


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["threads", "processes"])
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_backfill_that_is_killed_20_times_runs_each_partition_once(
    dialect: str, executor: str, tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    project = make(tmp_path, new_database(dialect), f'[scheduler]\nexecutor = "{executor}"\n')
    kill_until_done(project, 20, executor)


@pytest.mark.soak
@pytest.mark.parametrize("executor", ["threads", "processes"])
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_backfill_that_is_killed_100_times_runs_each_partition_once(
    dialect: str, executor: str, tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    project = make(tmp_path, new_database(dialect), f'[scheduler]\nexecutor = "{executor}"\n')
    kill_until_done(project, 100, executor)


@pytest.mark.slow
def test_a_backfill_that_is_killed_twice_runs_each_partition_once(
    tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    kill_until_done(make(tmp_path, new_database("sqlite")), 2, "threads")
