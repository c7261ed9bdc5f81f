"""One task after the other, in the calling thread."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from spine.orchestration.executors.base import Task, check_open


class InlineExecutor:
    """Runs each task when it is submitted; `max_workers` is accepted for the sake of the others, and is 1."""

    name = "inline"
    max_workers = 1

    def __init__(self, max_workers: int = 1) -> None:
        self._closed = False

    def submit(self, task: Task) -> Future[Any]:
        check_open(self._closed, self.name)
        future: Future[Any] = Future()
        try:
            future.set_result(task.function(**task.arguments))
        except Exception as error:  # noqa: BLE001 - a task's error belongs to its future
            future.set_exception(error)
        return future

    def close(self) -> None:
        self._closed = True
