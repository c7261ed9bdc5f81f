"""The service of a worker: it comes back with the database, and lets no job of a lost worker lie."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from spine_executor_procrastinate.jobs import TASK
from spine_executor_procrastinate.queue_name import queue_of
from tests.databases import PostgresServer
from tests.executor_procrastinate.conftest import SETTINGS
from tests.projects import DEADLINE_SECONDS, Project, wait_until

FLOWS = """
import time
from pathlib import Path

from spine import Step, Workflow, workflow_registry

HERE = Path(__file__).parent


def work(context, config):
    (HERE / "begun").touch()
    while not (HERE / "go").exists():
        time.sleep(0.02)
    with (HERE / "ran").open("a") as file:
        file.write(f"{context.run_id}\\n")


workflow_registry.register(Workflow("w", [Step.lambda_("a", work)]))
"""


def make(folder: Path, server: PostgresServer) -> Project:
    project = Project(folder)
    project.write("spine.toml", SETTINGS.format(url=server.url))
    project.write("flows.py", FLOWS)
    assert project.call("db", "upgrade").code == 0
    return project


def is_completed(project: Project, run_id: str) -> bool:
    return bool(project.call("runs", "show", run_id, "--json").json["status"] == "COMPLETED")


def until_said(worker: subprocess.Popen[str], part: str) -> str:
    """Return what the worker has said when it has said this."""
    assert worker.stderr is not None
    said = ""
    while part not in said:
        line = worker.stderr.readline()
        assert line, said
        said += line
    return said


def complete_by_a_worker(project: Project, run_id: str) -> str:
    """Start a worker until the run is completed, and return what it wrote to stderr."""
    worker = project.start("worker", "run")
    try:
        wait_until(lambda: is_completed(project, run_id))
    finally:
        worker.send_signal(signal.SIGTERM)
        said = worker.communicate(timeout=DEADLINE_SECONDS)[1]
    return said


@pytest.mark.slow
def test_a_worker_goes_on_when_the_database_comes_back(tmp_path: Path, own_postgres: PostgresServer) -> None:
    project = make(tmp_path, own_postgres)
    first = project.call("run", "w", "--detach", "--json").json["run_id"]
    worker, said = project.start("worker", "run"), ""
    try:
        wait_until(lambda: (tmp_path / "begun").exists())
        own_postgres.halt()
        (tmp_path / "go").touch()
        said = until_said(worker, "the queue is away, and is asked again in")
        own_postgres.restart()
        wait_until(lambda: is_completed(project, first))
        second = project.call("run", "w", "--detach", "--json").json["run_id"]
        wait_until(lambda: is_completed(project, second))
        assert worker.poll() is None
    finally:
        worker.send_signal(signal.SIGTERM)
        said += worker.communicate(timeout=DEADLINE_SECONDS)[1]
    assert worker.returncode == 0, said
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_worker_waits_for_a_database_that_starts_later(tmp_path: Path, own_postgres: PostgresServer) -> None:
    project = make(tmp_path, own_postgres)
    (tmp_path / "go").touch()
    run_id = project.call("run", "w", "--detach", "--json").json["run_id"]
    own_postgres.halt()
    worker = project.start("worker", "run")
    try:
        until_said(worker, "asked again in 2 s")
        own_postgres.restart()
        wait_until(lambda: is_completed(project, run_id))
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=DEADLINE_SECONDS)
    assert worker.returncode == 0


@pytest.mark.slow
def test_the_log_of_a_step_on_a_worker_is_the_runs(tmp_path: Path, own_postgres: PostgresServer) -> None:
    project = make(tmp_path, own_postgres)
    project.write(
        "flows.py", FLOWS.replace("def work(context, config):", "def work(context, config):\n    print('hello')")
    )
    (tmp_path / "go").touch()
    run_id = project.call("run", "w", "--detach", "--json").json["run_id"]
    complete_by_a_worker(project, run_id)
    assert "hello" in project.call("runs", "logs", run_id).out


NO_JOBS = [
    "{}",
    '{"run_id": [1]}',
    '{"run_id": 5}',
    '{"run_id": "a", "more": 1}',
    f'{{"run_id": "{"x" * 10_000}"}}',
    "[1]",
]


@pytest.mark.slow
def test_jobs_that_name_no_run_end_and_those_behind_them_are_executed(
    tmp_path: Path, own_postgres: PostgresServer
) -> None:
    project = make(tmp_path, own_postgres)
    (tmp_path / "go").touch()
    with psycopg.connect(own_postgres.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET search_path = spine_procrastinate")  # of the triggers
        add = "INSERT INTO spine_procrastinate.procrastinate_jobs (queue_name, task_name, priority, args, status)"
        for arguments in 2 * NO_JOBS:
            values = (queue_of("fleet", "default"), TASK, 9, arguments)
            connection.execute(f"{add} VALUES (%s, %s, %s, %s, 'todo')", values)
    run_id = project.call("run", "w", "--detach", "--json").json["run_id"]
    said = complete_by_a_worker(project, run_id)
    assert "a job that names no run is taken out of the queue" in said
    assert "xxx" not in said
