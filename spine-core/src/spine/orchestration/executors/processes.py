"""Process executor: tasks in child processes on this machine."""

from __future__ import annotations

import json
import multiprocessing
from collections import deque
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from functools import partial
from threading import Condition
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

    Arguments and results are passed as JSON. If a process dies, the pool ends: the tasks that it ran fail with a
    retryable OrchestrationError, and the next task starts another pool. Ctrl-C reaches this process only; the pool ends
    with it. A task that waits for a worker stays in this process, so that it can be cancelled: the pool itself would
    hand out one task more for each worker.
    """

    name = "processes"

    def __init__(self, max_workers: int = 2) -> None:
        self.max_workers = check_workers(max_workers)
        self._pool: ProcessPoolExecutor | None = None
        self._closed = False
        self._waiting: deque[tuple[Future[Any], str, str]] = deque()
        self._busy = 0
        self._changed = Condition()

    def submit(self, task: Task) -> Future[Any]:
        check_open(self._closed, self.name)
        future: Future[Any] = Future()
        reference, arguments = task.reference, json.dumps(task.checked_arguments(), allow_nan=False)
        with self._changed:
            self._waiting.append((future, reference, arguments))
        self._hand_out()
        return future

    def close(self) -> None:
        self._closed = True
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._busy)
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    def _hand_out(self) -> None:
        """Start waiting tasks while there are free workers; also called by the thread that ended a task."""
        while True:
            with self._changed:
                if not self._waiting or self._busy >= self.max_workers:
                    return
                future, reference, arguments = self._waiting.popleft()
                self._busy += 1
            if not future.set_running_or_notify_cancel():
                self._release()
                continue
            try:
                self._start(future, reference, arguments)
            except Exception as error:  # noqa: BLE001 - the waiting caller must get a result
                self._release()
                future.set_exception(error)

    def _start(self, future: Future[Any], reference: str, arguments: str) -> None:
        pool = self._running()
        try:
            inner = pool.submit(call, reference, arguments)
        except BrokenExecutor:
            self._discard(pool)
            pool = self._running()
            inner = pool.submit(call, reference, arguments)
        inner.add_done_callback(partial(self._ended, pool, future))

    def _ended(self, pool: ProcessPoolExecutor, future: Future[Any], inner: Future[str | SentError]) -> None:
        if isinstance(inner.exception(), BrokenExecutor):
            self._discard(pool)  # a broken pool calls this with its lock held, which its submit would wait for
        _pass_on(inner, future)
        self._release()
        self._hand_out()

    def _release(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def _running(self) -> ProcessPoolExecutor:
        with self._changed:
            if self._pool is None:
                # a fork would inherit locks that other threads hold, and the parent's database connections
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(self.max_workers, mp_context=context, initializer=_begin)
            return self._pool

    def _discard(self, broken: ProcessPoolExecutor) -> None:
        with self._changed:
            if self._pool is broken:
                self._pool = None


def _begin() -> None:
    die_with_parent()
    keep_project_open()


def call(reference: str, arguments: str) -> str | SentError:
    """Run one task in the child: import its function, call it, and return its result as JSON text, or its error."""
    try:
        return json.dumps(base.call(resolve_reference(reference), json.loads(arguments)), allow_nan=False)
    except SystemExit as error:
        return send_error(OrchestrationError(f"the module of {reference} called sys.exit({error.code!r})"))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - an error that cannot be unpickled would end the pool
        return send_error(error)


def _pass_on(inner: Future[str | SentError], future: Future[Any]) -> None:
    """Give a task's future the JSON value of its process, or the task's own error."""
    try:
        sent = inner.result()
    except BrokenExecutor:
        died = "a worker process died (killed, or out of memory) before the task was done"
        future.set_exception(OrchestrationError(died, retryable=True))
    except BaseException as error:  # noqa: BLE001 - the waiting caller must get a result
        future.set_exception(error)
    else:
        if isinstance(sent, SentError):
            future.set_exception(sent.restore())
        else:
            future.set_result(json.loads(sent))
