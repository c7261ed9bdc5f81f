"""Runs of a scheduler on an executor: in threads of its process, or in processes of their own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from spine.app import open_project
from spine.core.errors import SpineError
from spine.orchestration.lease import Lease
from spine.orchestration.registry import target_workflow
from spine.orchestration.status import WorkflowStatus
from spine.scheduling.firing import NewRun
from tests.projects import DEADLINE_SECONDS, Project, wait_until

FLOWS = """
import os, time
from pathlib import Path
from spine.orchestration import Step, Workflow, workflow_registry

HERE = Path(__file__).parent

def note(context, config):
    with (HERE / "ran").open("a") as file:
        file.write(f"{config['step']} {os.getpid()}\\n")

def slow(context, config):
    note(context, config)
    deadline = time.monotonic() + 600
    while not (HERE / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.02)

def step(name, function):
    return Step.lambda_(name, function, config={"step": name})

workflow_registry.register(Workflow("slow", [step("a", note), step("b", slow), step("c", note)]))
workflow_registry.register(Workflow("late", [step("a", note), step("b", slow), step("c", note)], timeout=0.5))
workflow_registry.register(Workflow("quick", [step("q", note)]))
workflow_registry.register(Workflow("limited", [step("l", slow)], limits={"feed": 1}))
"""


def make(folder: Path, executor: str, lines: str = "") -> Project:
    project = Project(folder)
    project.write("flows.py", FLOWS)
    settings = f'[scheduler]\nexecutor = "{executor}"\nworkers = 2\n[runs]\n{lines}'
    project.write(
        "spine.toml", f'[spine]\nmodules = ["flows"]\n{settings}[schedules.s]\nworkflow = "slow"\nevery = "1h"'
    )
    return project


@contextmanager
def service(project: Project) -> Iterator[subprocess.Popen[str]]:
    process = project.start("scheduler", "run")
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=DEADLINE_SECONDS)


def stop(scheduler: subprocess.Popen[str]) -> None:
    """Send SIGTERM, and return when its active runs have been asked to park."""
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.stderr is not None
    assert any("stopping: " in line for line in scheduler.stderr)


def parked_run(project: Project, name: str = "slow") -> str:
    """Leave one run for whichever scheduler comes first, and return its id."""
    with open_project(project.root) as application:
        record, workflow = application.schedules.get("s"), target_workflow(name)
        run = application.runner().prepare(workflow, schedule_id=record.id)
        application.schedules.trigger(
            record, NewRun(run, workflow.to_dict()), application.schedules.now(), Lease("gone/1/1", 0.0)
        )
    return run.run_id


def noted(project: Project) -> list[tuple[str, int]]:
    path = project.root / "ran"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(step, int(pid)) for step, pid in (line.split() for line in lines)]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def has_begun(project: Project, step: str) -> bool:
    return any(name == step for name, _pid in noted(project))


def shown(project: Project, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = project.call("runs", "show", run_id, "--json").json
    return found


@pytest.mark.slow
def test_a_run_is_executed_in_another_process(tmp_path: Path) -> None:
    project = make(tmp_path, "processes")
    run_id = parked_run(project)
    project.write("go", "")
    with service(project) as scheduler:
        wait_until(lambda: shown(project, run_id)["status"] == "COMPLETED")
        assert [step for step, _pid in noted(project)] == ["a", "b", "c"]
        assert scheduler.pid not in {pid for _step, pid in noted(project)}
    [tick] = project.call("schedules", "history", "--json").json
    assert tick["status"] == "COMPLETED"


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_scheduler_says_how_each_run_ended_unless_it_is_quiet(tmp_path: Path, executor: str) -> None:
    project = make(tmp_path, executor)
    project.write("go", "")
    for quiet in ([], ["-q"]):
        run_id = parked_run(project)
        process = project.start(*quiet, "scheduler", "run")
        wait_until(lambda run_id=run_id: shown(project, run_id)["status"] == "COMPLETED")
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=DEADLINE_SECONDS)[1]
        line = re.search(rf"^\d\d:\d\d:\d\d slow {run_id[-8:]} COMPLETED \d+\.\d\d s$", said, re.MULTILINE)
        assert (line is None) == bool(quiet), said


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_sigterm_parks_the_run_after_its_step_and_the_next_scheduler_goes_on(tmp_path: Path, executor: str) -> None:
    project = make(tmp_path, executor)
    run_id = parked_run(project)
    with service(project) as first:
        wait_until(lambda: has_begun(project, "b"))
        stop(first)
        project.write("go", "")
        first.communicate(timeout=DEADLINE_SECONDS)
        assert first.returncode == 0
    assert shown(project, run_id)["status"] == "PENDING"
    with service(project):
        wait_until(lambda: shown(project, run_id)["status"] == "COMPLETED")
    assert [step for step, _pid in noted(project)] == ["a", "b", "c"]


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_sigterm_leaves_what_waits_for_a_worker_to_the_next_scheduler(tmp_path: Path, executor: str) -> None:
    project = make(tmp_path, executor)
    run_ids = [parked_run(project) for _ in range(8)]
    with service(project) as first:
        wait_until(lambda: has_begun(project, "b"))
        stop(first)
        project.write("go", "")
        _out, err = first.communicate(timeout=DEADLINE_SECONDS)
        assert (first.returncode, "Traceback" in err) == (0, False), err
    with service(project):
        wait_until(lambda: all(shown(project, run_id)["status"] == "COMPLETED" for run_id in run_ids))
    assert sorted(step for step, _pid in noted(project)) == sorted("abc" * 8)


def test_a_run_that_is_cancelled_before_a_worker_is_free_does_not_run(tmp_path: Path) -> None:
    make(tmp_path, "threads")
    with open_project(tmp_path) as application:
        workflow, record = target_workflow("slow"), application.schedules.get("s")
        pool = application.scheduler().pool
        run = pool.runner.prepare(workflow, schedule_id=record.id)
        application.schedules.trigger(
            record, NewRun(run, workflow.to_dict()), application.schedules.now(), pool.runner.lease
        )
        application.runner().cancel(run.run_id)
        pool.submit(run.run_id)
        assert pool.wait(DEADLINE_SECONDS)
        assert application.runner().proceed(run.run_id).status is WorkflowStatus.CANCELLED
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_step_that_does_not_end_keeps_no_scheduler_beyond_its_grace(tmp_path: Path, executor: str) -> None:
    project = make(tmp_path, executor, "grace_seconds = 0.5\n")
    parked_run(project)
    with service(project) as first:
        wait_until(lambda: has_begun(project, "b"))
        first.send_signal(signal.SIGTERM)
        _out, err = first.communicate(timeout=DEADLINE_SECONDS)
    assert first.returncode == 143
    assert "the next scheduler resumes" in err
    wait_until(lambda: not is_alive(noted(project)[-1][1]))


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_orderly_stops_are_no_crashes_of_a_run_whose_step_does_not_end(tmp_path: Path, executor: str) -> None:
    project = make(tmp_path, executor, "grace_seconds = 0.2\nmax_crashes = 2\n")
    run_id = parked_run(project)
    for stops in (1, 2, 3):
        with service(project) as scheduler:
            wait_until(lambda: [step for step, _pid in noted(project)].count("b") == stops)  # noqa: B023 - at once
            scheduler.send_signal(signal.SIGTERM)
            scheduler.communicate(timeout=DEADLINE_SECONDS)
            assert scheduler.returncode == 143
        run = shown(project, run_id)
        assert run["status"] == "PENDING"
        assert [step["status"] for step in run["steps"]][-1] == "CANCELLED"
    project.write("go", "")
    with service(project):
        wait_until(lambda: shown(project, run_id)["status"] == "COMPLETED")


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["threads", "processes"])
@pytest.mark.parametrize("way", ["cancel", "timeout"])
def test_steps_that_hang_give_their_workers_back_when_their_runs_have_ended(
    tmp_path: Path, executor: str, way: str
) -> None:
    project = make(tmp_path, executor, "grace_seconds = 0.5\n")
    name = {"cancel": "slow", "timeout": "late"}[way]
    hung = [parked_run(project, name) for _ in range(2)]  # as many as there are workers
    with service(project) as scheduler:
        wait_until(lambda: [step for step, _pid in noted(project)].count("b") == 2)
        workers = {pid for step, pid in noted(project) if step == "b"}
        if way == "cancel":
            for run_id in hung:
                project.call("runs", "cancel", run_id)
        ended = {"cancel": "CANCELLED", "timeout": "FAILED"}[way]
        wait_until(lambda: all(shown(project, run_id)["status"] == ended for run_id in hung))
        next_run = parked_run(project, "quick")
        wait_until(lambda: shown(project, next_run)["status"] == "COMPLETED")
        if executor == "threads":
            wait_until(lambda: project.call("scheduler", "run", "--status", "--json").json[0]["hung"] == 2)
            assert any("does not return" in row["says"] for row in project.call("doctor", "--json").json)
        else:
            wait_until(lambda: not any(is_alive(pid) for pid in workers))
        scheduler.send_signal(signal.SIGTERM)
        scheduler.communicate(timeout=DEADLINE_SECONDS)
        assert scheduler.returncode == 0
    if way == "timeout":
        run = shown(project, hung[0])
        assert "took longer than its timeout" in run["error"]


@pytest.mark.slow
def test_the_workers_of_a_killed_scheduler_end_with_it_and_their_run_is_finished_by_another(tmp_path: Path) -> None:
    project = make(tmp_path, "processes")
    run_id = parked_run(project)
    with service(project):
        wait_until(lambda: has_begun(project, "b"))
    wait_until(lambda: not is_alive(noted(project)[-1][1]))
    project.write("go", "")
    with service(project):
        wait_until(lambda: shown(project, run_id)["status"] == "COMPLETED")
    assert [step for step, _pid in noted(project)] == ["a", "b", "b", "c"]


@pytest.mark.slow
def test_a_run_whose_worker_was_killed_goes_on_in_another_one(tmp_path: Path) -> None:
    project = make(tmp_path, "processes")
    run_id = parked_run(project)
    with service(project):
        wait_until(lambda: has_begun(project, "b"))
        os.kill(noted(project)[-1][1], signal.SIGKILL)
        project.write("go", "")
        wait_until(lambda: shown(project, run_id)["status"] == "COMPLETED")
    assert [step for step, _pid in noted(project)] == ["a", "b", "b", "c"]


@pytest.mark.slow
def test_what_goes_on_beside_a_worker_that_is_killed_is_finished_and_nothing_of_it_runs_twice(tmp_path: Path) -> None:
    project = make(tmp_path, "processes")
    run_ids = [parked_run(project), parked_run(project)]
    with service(project):
        wait_until(lambda: [step for step, _pid in noted(project)].count("b") == 2)
        os.kill(noted(project)[-1][1], signal.SIGKILL)
        project.write("go", "")
        wait_until(lambda: all(shown(project, run_id)["status"] == "COMPLETED" for run_id in run_ids))
    assert sorted(step for step, _pid in noted(project)) == ["a", "a", "b", "b", "b", "c", "c"]


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_runs_that_wait_for_a_limit_take_no_worker(tmp_path: Path, executor: str) -> None:
    project = make(tmp_path, executor)
    limited = [parked_run(project, "limited") for _ in range(4)]
    other = parked_run(project)
    with service(project):
        wait_until(lambda: has_begun(project, "b") and has_begun(project, "l"))
        assert [step for step, _pid in noted(project)].count("l") == 1
        project.write("go", "")
        wait_until(lambda: all(shown(project, run_id)["status"] == "COMPLETED" for run_id in [*limited, other]))


@pytest.mark.parametrize(
    ("executor", "sentence"),
    [
        ("inline", "scheduler.executor: 'inline' would block the ticks"),
        ("proceses", "did you mean 'processes'?"),
    ],
)
def test_an_executor_that_cannot_be_is_refused(tmp_path: Path, executor: str, sentence: str) -> None:
    make(tmp_path, executor)
    with open_project(tmp_path) as application, pytest.raises(SpineError, match=sentence.replace("?", r"\?")):
        application.scheduler()
