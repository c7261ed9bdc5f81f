"""The check `workers` of `spine doctor`: what no living worker can take, and stores that machines do not share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import insert

from spine.app import Application, open_project
from spine.app.checks.workers import check_workers
from spine.app.workers import definition_hashes
from spine.orchestration.registry import target_workflow
from spine.orchestration.run_store import run_store
from spine.project import Project as Opened
from spine.storage.clock import StoreClock
from spine.storage.tables.workers import workers
from spine.testing import FakePlugin, FixedClock
from tests.projects import Project
from tests.scheduling.table_queue import make_project
from tests.storage.test_leases import Jobs

FLOWS = """
from spine.framework.pipelines import pipeline
from spine.orchestration import Step, Workflow, workflow_registry

@pipeline("numbers.make")
def make(params):
    return {}

workflow_registry.register(Workflow("w", [Step.lambda_("a", lambda context, config: None)], queue="gpu"))
"""


@pytest.fixture
def application(
    tmp_path: Path, fixed_clock: FixedClock, installed_plugin: Callable[..., FakePlugin]
) -> Iterator[Application]:
    made = make_project(tmp_path / "project", installed_plugin, f"sqlite:///{tmp_path / 'x.db'}", FLOWS)
    with open_project(made.root) as found:
        yield found


def enqueue(application: Application, name: str = "w", **changes: Any) -> None:
    run = application.runner().prepare(target_workflow(name))
    run_store().submit(evolve(run, **changes), {}, Jobs())


def live(application: Application, process: str = "far.boot.1/1/1", **facts: Any) -> None:
    now = StoreClock(application.adapter).now()
    row = {"project": "", "process": process, "folder": "/srv/a", "executor": "table", "concurrency": 1}
    row |= {"queues": ["default", "gpu"], "workflows": definition_hashes(), "started_at": now, "seen_at": now}
    with application.adapter.engine.begin() as connection:
        connection.execute(insert(workers).values(**{**row, **facts}))


def says(application: Application) -> list[tuple[str, str, str]]:
    return [(found.status.value, found.says, found.fix) for found in check_workers(application)]


def test_a_project_without_a_queue_has_nothing_to_tell(tmp_path: Path) -> None:
    Project(tmp_path).write("spine.toml", "[spine]\n")
    with open_project(tmp_path) as application:
        assert says(application) == []


def test_an_executor_that_is_missing_is_another_checks_fault(tmp_path: Path) -> None:
    Project(tmp_path).write("spine.toml", '[scheduler]\nexecutor = "gone"\n')
    with open_project(tmp_path) as application:
        assert says(application) == []


def test_it_tells_how_many_runs_wait_and_for_how_long(application: Application, fixed_clock: FixedClock) -> None:
    assert says(application) == [("ok", "living: 0; no run waits in the queue", "")]
    enqueue(application)
    fixed_clock.advance(30)
    enqueue(application)
    live(application)
    assert says(application) == [("ok", "living: 1; 2 runs in the queue, the oldest since 30 s", "")]


def test_runs_that_were_left_in_a_queue_when_the_executor_was_changed(tmp_path: Path) -> None:
    made = Project(tmp_path)
    made.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    made.write("flows.py", FLOWS)
    with open_project(tmp_path) as application:
        enqueue(application)
        [(status, text, fix)] = says(application)
        assert (status, text) == ("warn", "1 run in a queue, and scheduler.executor 'threads' has none")
        assert fix.endswith("spine.toml")


def test_runs_without_any_worker(application: Application) -> None:
    enqueue(application)
    assert says(application) == [("warn", "1 run in the queue, and no worker lives", "spine worker run")]


@pytest.mark.parametrize("facts", [{"queues": ["default"]}, {"stopping_at": "now"}])
def test_runs_whose_queue_no_worker_takes(
    application: Application, facts: dict[str, Any], fixed_clock: FixedClock
) -> None:
    enqueue(application)
    live(application, **{name: fixed_clock.now() if value == "now" else value for name, value in facts.items()})
    assert says(application) == [
        ("warn", "1 run of w in queue 'gpu': no worker takes that queue", "spine worker run --queues gpu")
    ]
    [row] = Opened(application).overview()["stranded"]
    assert (row["workflow_name"], row["lacks"]) == ("w", "queue")


def test_runs_that_were_made_with_other_code_than_any_worker_has(application: Application) -> None:
    enqueue(application, definition_hash="1" * 64)
    live(application)
    live(application, "far.boot.1/2/1", workflows={})
    [(status, text, fix)] = says(application)
    assert (status, fix) == ("warn", "spine runs list --workflow w")
    assert text == "1 run of w in queue 'gpu': no worker has its code; resume with --force, or cancel"
    lacking = Opened(application).overview()["stranded"]
    assert [(row["workflow_name"], row["queue"], row["runs"], row["lacks"]) for row in lacking] == [
        ("w", "gpu", 1, "code")
    ]
    live(application, "far.boot.1/3/1", workflows={"w": "1" * 64})
    assert says(application)[0][0] == "ok"


def test_runs_of_a_pipeline_are_no_other_code(application: Application) -> None:
    enqueue(application, "numbers.make")
    live(application)
    assert [status for status, *_ in says(application)] == ["ok"]


def test_workers_on_two_machines_with_a_store_that_is_a_folder(application: Application) -> None:
    live(application, "near.boot.1/1/1")
    live(application, "near.boot.2/2/1")  # a container
    assert [status for status, *_ in says(application)] == ["ok"]
    live(application, "far.boot.1/1/1")
    [(status, text, fix)] = says(application)
    assert (status, text) == (
        "warn",
        f"workers live on far, near, and the store is the folder {application.settings.store}: unless they share that "
        "folder, captures of one are missing on the others",
    )
    assert fix.endswith("spine.toml")
