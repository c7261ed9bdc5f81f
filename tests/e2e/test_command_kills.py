"""Kills of Spine and of its programs: no program outlives its run, and none that finished runs again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import DEADLINE_SECONDS, Project, wait_until

SETTINGS = '[spine]\nmodules = ["flows"]\n[alerts]\non_failure = "none"\n'
FLOWS = """
from spine.orchestration import RetryPolicy, Step, Workflow, workflow_registry

retry = RetryPolicy(max_attempts=3, initial_delay_seconds=0.01)
steps = [
    Step.command(f"s{n}", ["./job.sh", f"s{n}"], retry_codes=[137], retry_policy=retry, output="json") for n in range(3)
]
workflow_registry.register(Workflow("jobs", steps))
"""
# each program has a child; a line of `begun` names both, one of `done` says that the work is complete
JOB = """#!/bin/sh
sleep 600 &
echo "$1 $$ $!" >> begun
sleep 0.15
echo "$1" >> done
kill $!
echo '{"ended": true}'
"""


@pytest.fixture
def jobs(make_project: Callable[..., Project]) -> Project:
    project = make_project(SETTINGS, FLOWS, "jobs")
    project.write("job.sh", JOB).chmod(0o755)
    return project


def lines(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def sweep(project: Project, kills_of_spine: int, kills_of_programs: int) -> None:
    chance = random.Random(7)
    for number in range(kills_of_spine + kills_of_programs):
        for name in ("begun", "done"):
            (project.root / name).unlink(missing_ok=True)
        process = project.start("run", "jobs", "--json")
        if number < kills_of_spine:
            wait_until((project.root / "begun").exists)
            time.sleep(chance.uniform(0, 0.9))
            process.kill()
        else:
            wait_until(lambda: len(lines(project.root / "begun")[-1:]) == 1)
            os.kill(int(lines(project.root / "begun")[-1][1]), signal.SIGKILL)
        process.communicate(timeout=DEADLINE_SECONDS)
        pids = [int(pid) for line in lines(project.root / "begun") for pid in line[1:]]
        wait_until(lambda pids=pids: not any(is_alive(pid) for pid in pids))
        check(project)


def check(project: Project) -> None:
    """Resume what is left, and compare how often each program ran with what the history says of it."""
    shown = project.call("runs", "show", "latest", "--json").json
    finished = {step["step_name"] for step in shown["steps"] if step["status"] == "COMPLETED"}
    before = [line[0] for line in lines(project.root / "begun")]
    if shown["status"] != "COMPLETED":
        assert project.call("runs", "resume", shown["run_id"]).code == 0
    begun = [line[0] for line in lines(project.root / "begun")]
    assert not finished & set(begun[len(before) :])
    shown = project.call("runs", "show", shown["run_id"], "--json").json
    assert shown["status"] == "COMPLETED"
    assert {line[0] for line in lines(project.root / "done")} == {"s0", "s1", "s2"}


@pytest.mark.slow
def test_a_few_kills_leave_no_program_behind(jobs: Project) -> None:
    sweep(jobs, 3, 2)


@pytest.mark.soak
def test_a_hundred_kills_leave_no_program_behind(jobs: Project) -> None:
    sweep(jobs, 90, 10)
