"""Thread executor: tasks in threads of this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from threading import Condition, Thread
from typing import Any

from attrs import define

from spine.orchestration.executors.base import Task, call, check_open, check_workers


@define(eq=False)
class _Worker:
    task: Future[Any] | None = None


class ThreadExecutor:
    """Executor in a pool of threads; each task runs in a copy of the submitter's context, with its project and step.

    The threads are daemons, so that a task that hangs does not keep the process alive.
    """

    name = "threads"
    in_process = True

    def __init__(self, max_workers: int = 4) -> None:
        self.max_workers = check_workers(max_workers)
        self._closed = False
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._workers: set[_Worker] = set()
        self._changed = Condition()

    def submit(self, task: Task) -> Future[Any]:
        check_open(self._closed, self.name)
        work = partial(copy_context().run, call, task.function, task.checked_arguments())
        future: Future[Any] = Future()
        with self._changed:
            self._waiting.append((future, work))
            self._hire()
        return future

    def abandon(self, future: Future[Any]) -> None:
        """Start another thread in place of the one whose task does not return; that one ends with its task."""
        with self._changed:
            self._workers -= {worker for worker in self._workers if worker.task is future}
            self._hire()
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._workers)

    def _hire(self) -> None:
        """Wake an idle thread for each waiting task, or start one; the caller holds the lock."""
        idle = sum(worker.task is None for worker in self._workers)
        for _ in range(min(len(self._waiting) - idle, self.max_workers - len(self._workers))):
            worker = _Worker()
            self._workers.add(worker)
            Thread(target=self._work, args=(worker,), name=f"spine-{len(self._workers)}", daemon=True).start()
        self._changed.notify_all()

    def _work(self, worker: _Worker) -> None:
        while (taken := self._next(worker)) is not None:
            future, work = taken
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - the waiting caller must get a result
                future.set_exception(error)
            else:
                future.set_result(result)

    def _next(self, worker: _Worker) -> tuple[Future[Any], Callable[[], Any]] | None:
        """Return the next task; None if the executor is closed or the worker was replaced."""
        with self._changed:
            worker.task = None
            self._changed.wait_for(lambda: self._waiting or self._closed or worker not in self._workers)
            if worker in self._workers and self._waiting:
                taken = self._waiting.popleft()
                worker.task = taken[0]
                return taken
            self._workers.discard(worker)
            self._changed.notify_all()
            return None
