"""Thread executor: tasks in threads of this process."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from spine.orchestration.executors.base import Task, call, check_open, check_workers


class ThreadExecutor:
    """Executor in a pool of threads; each task runs in a copy of the submitter's context, with its project and step."""

    name = "threads"
    in_process = True

    def __init__(self, max_workers: int = 4) -> None:
        self.max_workers = check_workers(max_workers)
        self._pool = ThreadPoolExecutor(max_workers, thread_name_prefix="spine")
        self._closed = False

    def submit(self, task: Task) -> Future[Any]:
        check_open(self._closed, self.name)
        return self._pool.submit(copy_context().run, call, task.function, task.checked_arguments())

    def close(self) -> None:
        self._closed = True
        self._pool.shutdown(wait=True)
