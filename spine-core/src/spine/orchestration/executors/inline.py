"""Inline executor: one task after the other, in the calling thread."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from spine.core.interrupts import INTERRUPTS
from spine.orchestration.executors.base import Task, call, check_open, check_workers


class InlineExecutor:
    """Executor that runs each task when it is submitted; `max_workers` is accepted for compatibility and always 1."""

    name = "inline"
    in_process = True
    max_workers = 1

    def __init__(self, max_workers: int = 1) -> None:
        check_workers(max_workers)
        self._closed = False

    def submit(self, task: Task) -> Future[Any]:
        check_open(self._closed, self.name)
        arguments = task.checked_arguments()
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(call(task.function, arguments))
        except INTERRUPTS:
            raise
        except BaseException as error:  # noqa: BLE001 - a task's error belongs to its future
            future.set_exception(error)
        return future

    def close(self) -> None:
        self._closed = True
