"""Tasks in child processes of this machine."""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from typing import Any

from spine.core.errors import OrchestrationError
from spine.core.hashing import canonical_json
from spine.core.jsonvalue import to_json_value
from spine.orchestration.executors.base import Task, check_open
from spine.orchestration.references import resolve_reference


class ProcessExecutor:
    """Runs tasks in a pool of new processes, which import the task's function by its reference.

    Arguments and results cross as JSON. A process that dies ends the pool: its tasks fail as OrchestrationError,
    retryable, and the next `submit` starts another pool.
    """

    name = "processes"

    def __init__(self, max_workers: int = 2) -> None:
        self.max_workers = max_workers
        self._pool: ProcessPoolExecutor | None = None
        self._closed = False

    def submit(self, task: Task) -> Future[Any]:
        check_open(self._closed, self.name)
        arguments = canonical_json(to_json_value(task.arguments, f"the arguments of {task.reference}"))
        outer: Future[Any] = Future()
        try:
            inner = self._running().submit(call, task.reference, arguments)
        except BrokenExecutor:
            self._pool = None
            inner = self._running().submit(call, task.reference, arguments)
        inner.add_done_callback(lambda done: _pass_on(done, outer))
        return outer

    def close(self) -> None:
        self._closed = True
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # a fork would inherit locks that other threads hold, and the parent's database connections
            self._pool = ProcessPoolExecutor(self.max_workers, mp_context=multiprocessing.get_context("spawn"))
        return self._pool


def call(reference: str, arguments: str) -> str:
    """Run one task in the child: import its function, call it, and return its result as JSON text."""
    result = resolve_reference(reference)(**json.loads(arguments))
    return canonical_json(to_json_value(result, f"the result of {reference}"))


def _pass_on(done: Future[str], outer: Future[Any]) -> None:
    error = done.exception()
    if error is None:
        outer.set_result(json.loads(done.result()))
    elif isinstance(error, BrokenExecutor):
        outer.set_exception(OrchestrationError("a worker process died while it ran the task", retryable=True))
    else:
        outer.set_exception(error)
