"""The worker: a process that executes the runs of a run queue."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context

from attrs import define, field

from spine.core.clock import current_clock
from spine.core.errors import OrchestrationError, SpineError
from spine.orchestration import WorkflowRunner
from spine.orchestration.ended_run import ended_run
from spine.orchestration.lease import LeaseError, LimitReachedError
from spine.orchestration.records import UnknownRunError
from spine.orchestration.registry import ChangedWorkflowError, UnknownWorkflowError
from spine.orchestration.result import WorkflowResult
from spine.orchestration.run_queue import QUEUE_LEASE, WorkerQueue
from spine.orchestration.run_store import RunStore
from spine.orchestration.stop import Stop, StopReason
from spine.scheduling.chore import Chore, start_chore
from spine.scheduling.queued_run import proceed_queued
from spine.scheduling.run_pool import Crashes, leave_runs, set_event

logger = logging.getLogger("spine.scheduling")

_LOOK_SECONDS = 0.5


@define(eq=False)
class Worker:
    """Executes runs that `queue` passes to `execute`: it is the QueueWorker of `queue`.

    `chores` run in parallel; `on_stop` is called when it takes no more runs, `on_end` last.
    """

    queue: WorkerQueue
    runs: RunStore
    runner: WorkflowRunner
    queues: Sequence[str] = ()
    concurrency: int = 1
    crashes: Crashes = field(factory=Crashes)
    chores: Sequence[Chore] = ()
    on_beat: Callable[[], None] = lambda: None
    on_stop: Callable[[], None] = lambda: None
    on_end: Callable[[], None] = lambda: None
    stopping: threading.Event = field(factory=threading.Event, init=False)
    _going: dict[str, Stop] = field(factory=dict, init=False)
    _refused: set[str] = field(factory=set, init=False)
    _error: BaseException | None = field(default=None, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _idle: threading.Event = field(factory=set_event, init=False)

    def run(self, stop: threading.Event, grace_seconds: float = 10.0) -> bool:
        """Work until `stop`; then ask the runs to park, and return True if all parked before the grace is over.

        The others are left PENDING to other workers, although their steps work until this process is gone. Raises the
        error with which the queue ended, after the runs have had their grace.
        """
        clock, ended, served = current_clock(), threading.Event(), threading.Event()
        threads = [start_chore(chore, ended) for chore in self.chores]
        work = (self._serve, served)
        threading.Thread(target=copy_context().run, args=work, name="spine-queue", daemon=True).start()
        while not stop.is_set() and not served.is_set():
            self.on_beat()
            clock.wait(_LOOK_SECONDS, stop)
        self._stop(grace_seconds)
        deadline = clock.monotonic() + grace_seconds
        is_parked = clock.wait(grace_seconds, served)
        is_parked = clock.wait(max(deadline - clock.monotonic(), 0.0), self._idle) and is_parked
        ended.set()
        for thread in threads:
            thread.join(_LOOK_SECONDS)
        leave_runs(self.runner, list(self._going), lambda: self._tell(self.on_end))
        if self._error is not None:
            raise self._error
        return is_parked

    def execute(self, run_id: str) -> None:
        """Execute the remaining steps of a run; see QueueWorker."""
        with self._lock:
            is_going = run_id in self._going
            if not is_going:
                self._idle.clear()
                stop = self._going[run_id] = Stop()
        if is_going:
            self._check_spare(run_id)
            return
        if self.stopping.is_set():
            stop.request(StopReason.PARK)
        try:
            result = self._proceed(run_id, stop)
            if result is not None:
                logger.info("%s, run %s", result.headline, run_id, extra={"run": ended_run(result)})
        finally:
            with self._lock:
                del self._going[run_id]
                if not self._going:
                    self._idle.set()

    def _check_spare(self, run_id: str) -> None:
        """Raise an error, so that its job comes again, for a run that was enqueued while its last step here returns."""
        run = self.runs.get_run(run_id)
        if run is not None and run.lease_owner == QUEUE_LEASE.owner:
            raise OrchestrationError(f"run {run_id} has parked, and is about to end in this process")

    def _proceed(self, run_id: str, stop: Stop) -> WorkflowResult | None:
        try:
            return proceed_queued(self.runs, self.runner, run_id, self.crashes, stop)
        except LimitReachedError as error:
            logger.debug("%s", error)
        except LeaseError as error:
            logger.info("%s", error)
        except UnknownRunError as error:  # it was pruned: its job would come again for ever
            logger.warning("%s: its job is dropped", error)
        except (ChangedWorkflowError, UnknownWorkflowError) as error:
            if run_id not in self._refused:  # it comes again until a worker with its code takes it
                self._refused.add(run_id)
                logger.warning("run %s is left to another worker: %s", run_id, error)
        return None

    def _serve(self, served: threading.Event) -> None:
        try:
            self.queue.work(self)
        except BaseException as error:  # noqa: BLE001 - raised again by `run`
            self._error = error
        finally:
            served.set()

    def _stop(self, grace_seconds: float) -> None:
        self.stopping.set()
        going = list(self._going.values())
        for stop in going:
            stop.request(StopReason.PARK)
        if going:
            logger.info("stopping: %d active run(s) may end their steps, within %g s", len(going), grace_seconds)
        self._tell(self.on_stop)

    def _tell(self, listener: Callable[[], None]) -> None:
        try:
            listener()
        except SpineError as error:
            logger.warning("the end of this worker could not be recorded: %s", error)

    def __len__(self) -> int:
        """Return the number of runs that are executed."""
        return len(self._going)
