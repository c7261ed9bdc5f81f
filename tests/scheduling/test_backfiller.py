"""A backfill in this process: on each executor, its bound on runs at once, and faults on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextvars import copy_context
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from spine.app import Application, open_project
from spine.core.clock import Clock, SystemClock
from spine.core.errors import DatabaseConnectionError
from spine.core.scope import current_scope
from spine.orchestration.executors.base import Task
from spine.orchestration.run_queue import DEFAULT_QUEUE
from spine.orchestration.run_store import run_store
from spine.project import Project
from spine.scheduling.backfill import Backfill, BackfillOptions, BackfillStatus, Choice, LostBackfillError
from spine.storage.backfills import SqlBackfillStore
from spine.storage.tables.backfills import backfills
from tests.projects import Project as Folder
from tests.projects import wait_until

FLOWS = """
import time
from spine.orchestration import Daily, Step, Workflow, workflow_registry

def work(context, config):
    time.sleep(0.02)

steps = {
    "w": [Step.lambda_("a", work)],
    "instant": [Step.lambda_("a", lambda context, config: None)],
    "waits": [Step.wait("nap", 0.2), Step.lambda_("a", work)],
}
for name, found in steps.items():
    workflow_registry.register(Workflow(name, found, partitions=Daily("day")))
workflow_registry.register(Workflow("limited", steps["w"], partitions=Daily("day"), limits={"feed": 1}))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr("spine.scheduling.backfiller._LOOK_SECONDS", 0.01)
    folder = Folder(tmp_path)
    folder.write("flows.py", FLOWS)
    folder.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    with open_project(tmp_path) as application:
        yield Project(application)


def plan(project: Project, workflow: str, most: int = 3, last: str = "2026-01-10") -> Backfill:
    return project.backfills.plan(workflow, BackfillOptions((Choice.ALL,), most), "2026-01-05", last)


@pytest.mark.slow
@pytest.mark.parametrize("workflow", ["w", "waits", "limited"])
def test_never_more_runs_are_open_than_were_asked_for(project: Project, workflow: str) -> None:
    outcome = project.backfills.run(plan(project, workflow), threading.Event())
    assert outcome.backfill is not None
    assert outcome.backfill.status is BackfillStatus.COMPLETED
    assert outcome.backfill.counts.completed == 6
    rows = project.runs.list(workflow=workflow, limit=100).rows
    assert len(rows) == 6
    assert max(sum(one["created_at"] <= at["created_at"] < one["completed_at"] for one in rows) for at in rows) <= 3


class Queue:
    """A run queue whose only worker is a thread of the test."""

    name = "kept"
    in_process = True

    def __init__(self, application: Application) -> None:
        self.max_workers = 1
        self.taken: list[str] = []
        self._application = application

    def submit(self, task: Task) -> Future[Any]:
        raise AssertionError(task)

    def close(self) -> None:
        pass

    def enqueue(
        self,
        connection: Any,
        run_id: str,
        queue: str = DEFAULT_QUEUE,
        priority: int = 0,
        not_before: datetime | None = None,
    ) -> None:
        self.taken.append(run_id)

    def serve(self, ended: threading.Event) -> None:
        while not ended.wait(0.01):
            while self.taken:
                run_id = self.taken[0]
                wait_until(lambda: run_store().get_run(run_id) is not None)  # noqa: B023
                Project(self._application).proceed(self.taken.pop(0))


def test_the_runs_go_through_the_queue_of_an_executor(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    queue, ended = Queue(project.application), threading.Event()
    monkeypatch.setattr("spine.app.service.make_executor", lambda _name, _workers: queue)
    planned = plan(project, "w", last="2026-01-07")
    worker = threading.Thread(target=copy_context().run, args=(queue.serve, ended))
    worker.start()
    outcome = project.backfills.run(planned, threading.Event())
    ended.set()
    worker.join()
    assert outcome.backfill is not None
    assert outcome.backfill.counts.completed == 3


def test_a_backfill_that_another_process_took_over_starts_no_more_runs(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = SqlBackfillStore.start

    def start_and_lose(store: SqlBackfillStore, backfill: Backfill, *arguments: Any) -> Any:
        begun = start(store, backfill, *arguments)
        with project.database.engine.begin() as connection:
            connection.execute(update(backfills).values(lease_owner="other-host/1/1"))
        return begun

    monkeypatch.setattr(SqlBackfillStore, "start", start_and_lose)
    with pytest.raises(LostBackfillError, match="was taken over by another process: this one starts no more runs"):
        project.backfills.run(plan(project, "w"), threading.Event())
    assert len(project.runs.list(limit=100).rows) == 1
    assert project.backfills.list()[0]["lease_owner"] == "other-host/1/1"


@pytest.mark.parametrize("method", ["start", "look", "renew"])
def test_a_database_that_is_away_for_a_moment_ends_no_backfill(
    project: Project, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Any] = getattr(SqlBackfillStore, method)
    calls: list[int] = []

    def fail_once(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise DatabaseConnectionError("the server restarts")
        return real(*arguments)

    monkeypatch.setattr(SqlBackfillStore, method, fail_once)
    outcome = project.backfills.run(plan(project, "w", last="2026-01-06"), threading.Event())
    assert outcome.backfill is not None
    assert outcome.backfill.counts.completed == 2


def test_a_backfill_that_is_stopped_at_once_is_left_to_any_process(project: Project) -> None:
    stop = threading.Event()
    stop.set()
    outcome = project.backfills.run(plan(project, "w"), stop)
    assert (outcome.backfill, outcome.is_parked) == (None, True)
    [row] = project.backfills.list()
    assert (row["status"], row["counts"]["left"], row["lease_owner"]) == ("PENDING", 6, None)
    resumed = project.backfills.resume("latest", threading.Event())
    assert resumed.backfill is not None
    assert resumed.backfill.counts.completed == 6


class Recorded(SystemClock):
    """The machine's clock, which notes how long the thread of the test waits."""

    def __init__(self) -> None:
        self.naps: list[float] = []
        self._thread = threading.get_ident()

    def wait(self, seconds: float, event: threading.Event | None = None) -> bool:
        if threading.get_ident() == self._thread:
            self.naps.append(seconds)
        return super().wait(seconds, event)


def test_the_next_look_is_soon_while_runs_begin_however_short_they_are(project: Project) -> None:
    clock = current_scope().provide(Clock, Recorded())  # type: ignore[type-abstract]  # a protocol is the key
    planned = project.backfills.plan("instant", BackfillOptions(max_parallel=1), "2026-01-05", "2026-01-14")
    assert project.backfills.run(planned, threading.Event()).backfill is not None
    assert clock.naps[:10] == [0.02] * 10
