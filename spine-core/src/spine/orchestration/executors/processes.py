"""Process executor: tasks in child processes on this machine."""

from __future__ import annotations

import json
import os
import signal
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Condition, Timer
from typing import Any

from attrs import frozen

from spine.core.errors import OrchestrationError
from spine.orchestration.definition.references import resolve_reference
from spine.orchestration.executors import base
from spine.orchestration.executors.base import Limits, Task, check_open, check_workers
from spine.orchestration.isolation.parent import die_with_parent
from spine.orchestration.isolation.project_address import keep_project_open
from spine.orchestration.isolation.sent_error import SentError, send_error
from spine.orchestration.isolation.spawned import spawning


@frozen(eq=False)
class _Sent:
    """Task as its process gets it."""

    future: Future[Any]
    reference: str
    arguments: str
    limits: Limits | None


class ProcessExecutor:
    """Executor in a pool of spawned processes, which import the task's function by its reference.

    Arguments and results are passed as JSON. If a process dies, the task that it ran fails with a retryable
    OrchestrationError, and another process takes its place. Ctrl-C reaches this process only; the others end with it. A
    task that waits for a worker stays in this process, so that it can be cancelled. Each worker is a pool of one
    process, as the death of a process ends its whole pool. The process of a late task is killed; its time counts from
    the start of its process.
    """

    name = "processes"

    def __init__(self, max_workers: int = 2) -> None:
        self.max_workers = check_workers(max_workers)
        self._idle: list[_Worker] = []
        self._working: dict[Future[Any], _Worker] = {}
        self._closed = False
        self._waiting: deque[_Sent] = deque()
        self._late: set[Future[Any]] = set()
        self._busy = 0  # with those whose process is being started
        self._changed = Condition()

    def submit(self, task: Task) -> Future[Any]:
        check_open(self._closed, self.name)
        future: Future[Any] = Future()
        reference, arguments = task.reference, json.dumps(task.checked_arguments(), allow_nan=False)
        with self._changed:
            self._waiting.append(_Sent(future, reference, arguments, task.limits))
        self._hand_out()
        return future

    def close(self) -> None:
        self._closed = True
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._busy)
            workers, self._idle = self._idle, []
        for worker in workers:
            worker.pool.shutdown(wait=True)

    def abandon(self, future: Future[Any]) -> None:
        """Kill the process of a task that does not return; the task fails as if its process had died."""
        with self._changed:
            worker = self._working.get(future)
        if worker is not None:
            worker.kill()

    def _hand_out(self) -> None:
        """Start waiting tasks while there are free workers; also called by the thread that ended a task."""
        while True:
            with self._changed:
                if not self._waiting or self._busy >= self.max_workers:
                    return
                sent = self._waiting.popleft()
                self._busy += 1
            if not sent.future.set_running_or_notify_cancel():
                self._release()
                continue
            try:
                self._start(sent)
            except Exception as error:  # noqa: BLE001 - the waiting caller must get a result
                self._release()
                sent.future.set_exception(error)

    def _start(self, sent: _Sent) -> None:
        worker = self._free_worker()
        try:
            inner = worker.pool.submit(call, sent.reference, sent.arguments, sent.limits)
        except BrokenExecutor:  # its process died while it had nothing to do
            worker = _Worker()
            inner = worker.pool.submit(call, sent.reference, sent.arguments, sent.limits)
        with self._changed:
            self._working[sent.future] = worker
        timer = worker.after(sent.limits, partial(self._end_late, sent.future))
        inner.add_done_callback(partial(self._ended, worker, sent, timer))

    def _end_late(self, future: Future[Any]) -> None:
        with self._changed:  # held until it is killed, so that the worker gets no other task meanwhile
            worker = self._working.get(future)
            if worker is not None:
                self._late.add(future)
                worker.kill()

    def _ended(self, worker: _Worker, sent: _Sent, timer: Timer | None, inner: Future[str | SentError]) -> None:
        if timer is not None:
            timer.cancel()
        with self._changed:
            del self._working[sent.future]
            is_late = sent.future in self._late
            self._late.discard(sent.future)
            is_alive = not isinstance(inner.exception(), BrokenExecutor)
            if is_alive and not is_late:
                self._idle.append(worker)
        if is_late and not is_alive and sent.limits is not None:
            sent.future.set_exception(sent.limits.late())
        else:
            _pass_on(inner, sent.future)
        self._release()
        self._hand_out()

    def _release(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def _free_worker(self) -> _Worker:
        with self._changed:
            return self._idle.pop() if self._idle else _Worker()


class _Worker:
    """One process, in a process group of its own; `kill` takes its children along, as soon as it has started."""

    def __init__(self) -> None:
        self.pool = ProcessPoolExecutor(1, mp_context=spawning(), initializer=_begin)
        self._pid = self.pool.submit(os.getpid)

    def after(self, limits: Limits | None, end: Callable[[], None]) -> Timer | None:
        """Call `end` when the time of a task is over that this process gets now."""
        if limits is None or limits.seconds is None:
            return None
        timer = Timer(limits.seconds, end)
        timer.daemon = True
        self._pid.add_done_callback(lambda _started: timer.start())
        return timer

    def kill(self) -> None:
        self._pid.add_done_callback(_kill)  # it may have begun its task before this process has read its PID


def _kill(pid: Future[int]) -> None:
    if pid.exception() is None:
        with suppress(ProcessLookupError):
            os.killpg(pid.result(), signal.SIGKILL)


def _begin() -> None:
    die_with_parent()
    keep_project_open()


def call(reference: str, arguments: str, limits: Limits | None = None) -> str | SentError:
    """Run one task in the child: import its function, call it, and return its result as JSON text, or its error."""
    try:
        return json.dumps(base.call(resolve_reference(reference), json.loads(arguments), limits), allow_nan=False)
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
