"""The executor: whole runs go to a table of jobs, the items of a map to threads."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import datetime
from typing import Any

from attrs import field, frozen
from sqlalchemy import insert

from spine.orchestration.executors.base import Task
from spine.orchestration.executors.threads import ThreadExecutor
from spine.orchestration.run_queue import DEFAULT_QUEUE
from spine_toy_good.tables import jobs


@frozen
class ToyQueueConfig:
    queue: str = field(default=DEFAULT_QUEUE, metadata={"help": "Where runs go that name no other queue."})


class ToyQueue:
    """An Executor and a RunQueue."""

    name = "toyqueue"
    in_process = True

    def __init__(self, max_workers: int, queue: str = DEFAULT_QUEUE) -> None:
        self.max_workers = max_workers
        self.queue = queue
        self._threads = ThreadExecutor(max_workers)

    def submit(self, task: Task) -> Future[Any]:
        return self._threads.submit(task)

    def close(self) -> None:
        self._threads.close()

    def enqueue(
        self,
        connection: Any,
        run_id: str,
        queue: str = DEFAULT_QUEUE,
        priority: int = 0,
        not_before: datetime | None = None,
    ) -> None:
        row = {
            "run_id": run_id,
            "queue": self.queue if queue == DEFAULT_QUEUE else queue,
            "priority": priority,
            "not_before": not_before.timestamp() if not_before else None,
        }
        connection.execute(insert(jobs).values(row))
