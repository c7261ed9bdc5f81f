"""Executors that fail."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import datetime
from typing import Any

from sqlalchemy import text

from spine.orchestration.executors.base import Task
from spine.orchestration.run_queue import DEFAULT_QUEUE

_WORKFLOW = text("SELECT workflow_name FROM core_workflow_runs WHERE run_id = :run")


class Unmade:
    name = "unmade"

    def __init__(self, max_workers: int) -> None:
        raise RuntimeError("no executor")

    def submit(self, task: Task) -> Future[Any]:
        raise AssertionError

    def close(self) -> None: ...


class BadQueue:
    """Takes no run of the workflow `refused`, and leaves a transaction behind that cannot go on."""

    name = "bad-queue"

    def __init__(self, max_workers: int) -> None:
        self.max_workers = max_workers

    def submit(self, task: Task) -> Future[Any]:
        raise AssertionError

    def close(self) -> None:
        raise RuntimeError("no end")

    def enqueue(
        self,
        connection: Any,
        run_id: str,
        queue: str = DEFAULT_QUEUE,
        priority: int = 0,
        not_before: datetime | None = None,
    ) -> None:
        if connection.execute(_WORKFLOW, {"run": run_id}).scalar() == "refused":
            connection.execute(text("SELECT * FROM no_such_table"))
