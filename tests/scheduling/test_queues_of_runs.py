"""The queue and the priority of a workflow reach the run queue for each kind of run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from spine.app import Application, open_project
from spine.orchestration import Workflow, workflow_registry
from spine.orchestration.executors.base import Task
from spine.orchestration.run_store import run_store
from spine.project import Project
from spine.scheduling.backfill import BackfillOptions, Choice
from spine.storage.workers import Workers
from spine.testing import FixedClock
from tests.projects import Project as Folder

FLOWS = """
from spine.orchestration import Daily, Step, Workflow, workflow_registry

steps = [Step.lambda_("a", lambda context, config: None)]
place = {"queue": "gpu", "priority": 7}
workflow_registry.register(Workflow("w", steps, **place))
workflow_registry.register(Workflow("daily", steps, partitions=Daily("day", start="2026-01-05"), **place))
"""


class Queue:
    """A run queue that keeps what it is given."""

    name = "kept"
    in_process = True

    def __init__(self) -> None:
        self.max_workers = 1
        self.given: list[tuple[str, str, int]] = []

    def submit(self, task: Task) -> Future[Any]:
        raise AssertionError(task)

    def close(self) -> None:
        pass

    def enqueue(
        self, _connection: Any, run_id: str, queue: str = "", priority: int = 0, not_before: Any = None
    ) -> None:
        self.given.append((run_id, queue, priority))


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue()
    monkeypatch.setattr("spine.app.service.make_executor", lambda _name, _workers: made)
    return made


@pytest.fixture
def application(tmp_path: Path, fixed_clock: FixedClock) -> Iterator[Application]:
    made = Folder(tmp_path)
    made.write("spine.toml", '[spine]\nmodules = ["flows"]\n[schedules.s]\nworkflow = "w"\nevery = "1h"\n')
    made.write("flows.py", FLOWS)
    with open_project(made.root) as found:
        yield found


def test_of_a_tick(application: Application, queue: Queue, fixed_clock: FixedClock) -> None:
    scheduler = application.scheduler()
    fixed_clock.advance(3600)
    assert scheduler.fire() == 1
    assert [given[1:] for given in queue.given] == [("gpu", 14)]
    assert [row["queue"] for row in Workers(application.history).waiting()] == ["gpu"]


def test_of_a_run_that_is_enqueued_again_and_then_comes_before_new_ones_of_its_priority(
    application: Application, queue: Queue, fixed_clock: FixedClock
) -> None:
    scheduler = application.scheduler()
    fixed_clock.advance(3600)
    scheduler.fire()
    fixed_clock.advance(90_000)  # the queue has lost it
    scheduler.recover()
    [(first, *_), (again, *place)] = queue.given
    assert (again, place) == (first, ["gpu", 15])


def test_of_a_backfill(application: Application, queue: Queue) -> None:
    project = Project(application)
    planned = project.backfills.plan("daily", BackfillOptions((Choice.ALL,), 1), "2026-01-05", "2026-01-05")
    ended = threading.Event()

    def enqueue(*given: Any, **_more: Any) -> None:
        queue.given.append(given[1:4])
        ended.set()  # it has no worker

    queue.enqueue = enqueue  # type: ignore[method-assign]
    project.backfills.run(planned, ended)
    assert [given[1:] for given in queue.given] == [("gpu", 14)]


def test_of_a_run_that_was_interrupted_although_the_workflow_has_moved(application: Application, queue: Queue) -> None:
    """A run keeps the queue that it began with."""
    run = application.runner().prepare(workflow_registry.get("w"))
    run_store().submit(run, {}, None)
    workflow_registry.register(Workflow("w", workflow_registry.get("w").steps), replace=True)
    run_store().hand_over(run.run_id, queue)
    assert [given[1] for given in queue.given] == ["gpu"]
