"""The pool of a scheduler's runs: submits them to an executor, in this process or in others."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any

from attrs import define, field, frozen

from spine.core.clock import current_clock
from spine.core.errors import SpineError, is_retryable
from spine.orchestration import WorkflowRunner
from spine.orchestration.ended_run import ended_run
from spine.orchestration.executors.base import Executor, Task, is_in_process
from spine.orchestration.isolation.run_process import run_task
from spine.orchestration.lease import LeaseError, LimitReachedError, local_pid
from spine.orchestration.records import RunRecord
from spine.orchestration.run_queue import RunQueue
from spine.orchestration.run_store import RunStore
from spine.orchestration.stop import Stop, StopReason

logger = logging.getLogger("spine.scheduling")

GIVE_UP_SECONDS = 5.0  # for the store to take the runs whose steps did not stop


@frozen
class Crashes:
    """The settings for a run whose process died; see `[runs]`."""

    on_crash: str = "resume"
    max_crashes: int = 3


def set_event() -> threading.Event:
    """Return an event that is set."""
    event = threading.Event()
    event.set()
    return event


@define(eq=False)
class _Going:
    stop: Stop = field(factory=Stop)
    known: RunRecord | None = None
    future: Future[Any] | None = None
    over_since: float | None = None  # monotonic; the run has ended, its step still works


@frozen(eq=False)
class RunPool:
    """Executes runs of `runs` by id; they were created under the lease of `runner`.

    The worker of a run that has ended, but whose step does not return within `grace_seconds`, is abandoned.
    """

    executor: Executor
    runs: RunStore
    runner: WorkflowRunner
    crashes: Crashes = field(factory=Crashes)
    grace_seconds: float = 10.0
    _going: dict[str, _Going] = field(factory=dict, init=False)
    _waiting: deque[str] = field(factory=deque, init=False)
    _abandoned: list[Future[Any]] = field(factory=list, init=False)
    _lock: threading.RLock = field(factory=threading.RLock, init=False)
    _is_parking: threading.Event = field(factory=threading.Event, init=False)
    _idle: threading.Event = field(factory=set_event, init=False)
    _queue: RunQueue | None = field(init=False)

    @_queue.default
    def _find_queue(self) -> RunQueue | None:  # once: to ask takes as long as a statement
        return self.executor if isinstance(self.executor, RunQueue) else None

    def __len__(self) -> int:
        """Return the number of runs that wait for a worker or are active."""
        return len(self._going)

    @property
    def hung(self) -> int:
        """The number of abandoned threads whose steps have not returned."""
        return sum(not future.done() for future in self._abandoned)

    @property
    def is_queue(self) -> bool:
        """True if the executor is a run queue: the store enqueues a run in the transaction that starts it."""
        return self._queue is not None

    def submit(self, run_id: str, known: RunRecord | None = None) -> None:
        """Execute the rest of a run, now or when a worker is free; ignore a run that is active here.

        `known` is its record, if the caller has just prepared it. With a run queue, enqueue the run for the queue's own
        workers.
        """
        if self._queue is not None:
            self._hand_over(run_id, self._queue)
            return
        with self._lock:
            if run_id in self._going or self._is_parking.is_set():
                return
            self._going[run_id] = _Going(known=known)
            self._idle.clear()
            self._waiting.append(run_id)
        self._feed()

    def wait(self, seconds: float) -> bool:
        """Wait until no run is active here; return False if one still is after `seconds`."""
        current_clock().wait(seconds, self._idle)
        return not self._going

    def park(self, grace_seconds: float) -> bool:
        """Ask the runs to park, and accept no more; return True if all parked in time.

        Those in other processes are asked through the store, and on this host by SIGTERM, too.
        """
        with self._lock:
            self._is_parking.set()
            waiting = [(run_id, self._going.pop(run_id)) for run_id in self._waiting]
            self._waiting.clear()
            self._note_idle()
            going = dict(self._going)
        for run_id, run in going.items():
            run.stop.request(StopReason.PARK)
            if not self._is_here:
                self._ask_owner(run_id)
            elif run.future is not None:
                run.future.cancel()
        if going:
            logger.info("stopping: %d active run(s) may end their steps, within %g s", len(going), grace_seconds)
        for run_id, _run in waiting:
            self._return(run_id)
        if not self.wait(grace_seconds):
            return False
        try:
            self.executor.close()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the runs have parked anyway
            self._blame("it did not close", error)
        return True

    def give_up(self) -> None:
        """Leave the runs that did not park to other processes, PENDING; wait a few seconds for the store at most.

        An orderly end of this process is not a crash of its runs.
        """
        leave_runs(self.runner, list(self._going))

    def free_workers(self) -> None:
        """Abandon the workers whose runs have ended, as they were cancelled or late, but whose steps still work."""
        now = current_clock().monotonic()
        for run_id, run in list(self._going.items()):
            if run.future is None or not run.future.running():
                continue
            record = self.runs.get_run(run_id)
            if record is None or not record.status.has_ended:
                run.over_since = None
            elif run.over_since is None:
                run.over_since = now
            elif now - run.over_since >= self.grace_seconds:
                self._abandon(run_id, run, run.future)

    def _abandon(self, run_id: str, run: _Going, future: Future[Any]) -> None:
        abandon = getattr(self.executor, "abandon", None)
        if abandon is None or self._is_parking.is_set():
            return
        kept = "its thread is left behind until the step returns" if self._is_here else "its process is killed"
        logger.warning("run %s has ended, but its step still works: %s, and another takes its place", run_id, kept)
        with self._lock:  # executors are used from one thread at a time
            abandon(future)
            if self._is_here:
                self._abandoned[:] = [*(left for left in self._abandoned if not left.done()), future]
                self._forget(run_id, run)
        self._feed()

    def _hand_over(self, run_id: str, queue: RunQueue) -> None:
        try:
            self.runs.hand_over(run_id, queue)
        except LeaseError as error:  # a worker or another scheduler was faster
            logger.debug("%s", error)
        except SpineError as error:
            logger.warning("run %s could not be enqueued: %s", run_id, error)

    def _feed(self) -> None:
        """Submit runs to the executor; to an executor in other processes, no more than it has workers.

        A run that waits here can be released. One in a pool's own queue cannot, and would fail with that pool.
        """
        while True:
            with self._lock:  # executors are used from one thread at a time
                handed = len(self._going) - len(self._waiting)
                if not self._waiting or not (self._is_here or handed < self.executor.max_workers):
                    return
                run_id = self._waiting.popleft()
                try:
                    going = self._going[run_id]
                    future = going.future = _future(self.executor.submit(self._task(run_id)))
                except (Exception, SystemExit) as error:  # noqa: BLE001 - it is tried again when its lease expires
                    del self._going[run_id]
                    self._note_idle()
                    self._blame(f"run {run_id} could not be given to it", error)
                    continue
            future.add_done_callback(partial(self._ended, run_id, going))

    def _blame(self, what: str, error: BaseException) -> None:
        name = getattr(self.executor, "name", type(self.executor).__name__)
        logger.warning("executor %r: %s: %s: %s", name, what, type(error).__name__, error)

    @property
    def _is_here(self) -> bool:
        return is_in_process(self.executor)

    def _task(self, run_id: str) -> Task:
        if self._is_here:
            return Task(self._execute, {"run_id": run_id})
        return run_task(run_id, self.runner.lease.owner, self.crashes.on_crash, self.crashes.max_crashes)

    def _execute(self, run_id: str) -> dict[str, Any]:
        going, crashes = self._going[run_id], self.crashes
        result = self.runner.proceed(
            run_id,
            on_crash=crashes.on_crash,
            max_crashes=crashes.max_crashes,
            stop=going.stop,
            known=going.known,
        )
        return ended_run(result)

    def _ended(self, run_id: str, run: _Going, future: Future[Any]) -> None:
        error = None if future.cancelled() else future.exception()
        if isinstance(error, LeaseError):
            logger.log(logging.DEBUG if isinstance(error, LimitReachedError) else logging.INFO, "%s", error)
        elif error is not None:
            logger.error("run %s could not continue here: %s", run_id, error, exc_info=error)
        elif not future.cancelled():
            ended = future.result()
            logger.info("%s, run %s", ended["headline"], run_id, extra={"run": ended})
        if future.cancelled() or self._may_go_on(error):
            self._return(run_id)
        self._forget(run_id, run)
        self._feed()

    def _forget(self, run_id: str, run: _Going) -> None:
        with self._lock:
            if self._going.get(run_id) is run:  # not if it was abandoned, and perhaps resumed since
                del self._going[run_id]
            self._note_idle()

    def _note_idle(self) -> None:
        if not self._going:
            self._idle.set()

    def _may_go_on(self, error: BaseException | None) -> bool:
        lost_worker = error is not None and is_retryable(error) and not self._is_here
        return lost_worker or isinstance(error, LimitReachedError)

    def _return(self, run_id: str) -> None:
        """Release a run that no worker has started, for another process."""
        try:
            run = self.runs.get_run(run_id)
            if run is not None and run.lease_owner == self.runner.lease.owner:
                self.runs.release(run_id, run.fence)
        except SpineError as error:
            logger.warning("run %s keeps its lease until it expires: %s", run_id, error)

    def _ask_owner(self, run_id: str) -> None:
        try:
            self.runs.request_park(run_id)
            run = self.runs.get_run(run_id)
        except SpineError as error:
            logger.warning("run %s could not be asked to park: %s", run_id, error)
            return
        pid = local_pid(run.lease_owner) if run is not None and run.lease_owner is not None else None
        if pid is not None and pid != os.getpid():  # sooner than its heartbeat
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGTERM)


def leave_runs(runner: WorkflowRunner, run_ids: Sequence[str], then: Callable[[], None] = lambda: None) -> None:
    """Leave runs of this process to others, PENDING, and call `then`; the store has a few seconds for it at most."""

    def leave() -> None:
        for run_id in run_ids:
            try:
                runner.park(run_id)
            except SpineError as error:
                logger.warning("run %s could not be parked: %s", run_id, error)
        then()

    thread = threading.Thread(target=copy_context().run, args=(leave,), name="spine-leave", daemon=True)
    thread.start()
    thread.join(GIVE_UP_SECONDS)


def _future(returned: Any) -> Future[Any]:
    if not isinstance(returned, Future):
        raise TypeError(f"it returned a {type(returned).__name__}, not a future")
    return returned
