"""Process executor: tasks in child processes on this machine."""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from typing import Any

from spine.core.errors import OrchestrationError
from spine.orchestration.definition.references import resolve_reference
from spine.orchestration.executors import base
from spine.orchestration.executors.base import Task, check_open, check_workers
from spine.orchestration.isolation.parent import die_with_parent
from spine.orchestration.isolation.project_address import keep_project_open
from spine.orchestration.isolation.sent_error import SentError, send_error


class ProcessExecutor:
    """Executor in a pool of spawned processes, which import the task's function by its reference.

    Arguments and results are passed as JSON. If a process dies, the pool ends: its tasks fail with a retryable
    OrchestrationError, and the next `submit` starts another pool. Ctrl-C reaches this process only; the pool ends with
    it.
    """

    name = "processes"

    def __init__(self, max_workers: int = 2) -> None:
        self.max_workers = check_workers(max_workers)
        self._pool: ProcessPoolExecutor | None = None
        self._closed = False

    def submit(self, task: Task) -> Future[Any]:
        check_open(self._closed, self.name)
        reference = task.reference
        arguments = json.dumps(task.checked_arguments(), allow_nan=False)
        try:
            inner = self._running().submit(call, reference, arguments)
        except BrokenExecutor:
            self._pool = None
            inner = self._running().submit(call, reference, arguments)
        return _Outcome(inner)

    def close(self) -> None:
        self._closed = True
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # a fork would inherit locks that other threads hold, and the parent's database connections
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.max_workers, mp_context=context, initializer=_begin)
        return self._pool


def _begin() -> None:
    die_with_parent()
    keep_project_open()


def call(reference: str, arguments: str) -> str | SentError:
    """Run one task in the child: import its function, call it, and return its result as JSON text, or its error."""
    try:
        return json.dumps(base.call(resolve_reference(reference), json.loads(arguments)), allow_nan=False)
    except Exception as error:  # noqa: BLE001 - an error that cannot be unpickled would end the pool
        return send_error(error)
    except SystemExit as error:
        return send_error(OrchestrationError(f"the module of {reference} called sys.exit({error.code!r})"))


class _Outcome(Future[Any]):
    """Future of a task in the pool: a JSON value, or the task's own error."""

    def __init__(self, inner: Future[str | SentError]) -> None:
        super().__init__()
        self._inner = inner
        inner.add_done_callback(self._take)

    def cancel(self) -> bool:
        return self._inner.cancel()

    def running(self) -> bool:
        return self._inner.running()

    def _take(self, inner: Future[str | SentError]) -> None:
        if inner.cancelled():
            super().cancel()
            self.set_running_or_notify_cancel()
            return
        try:
            sent = inner.result()
            if isinstance(sent, SentError):
                self.set_exception(sent.restore())
            else:
                self.set_result(json.loads(sent))
        except BrokenExecutor:
            died = "a worker process died (killed, or out of memory) before the task was done"
            self.set_exception(OrchestrationError(died, retryable=True))
        except BaseException as error:  # noqa: BLE001 - the waiting caller must get a result
            self.set_exception(error)
