"""Backfiller: starts the runs of a backfill, a number of them at once, and sees them to their end."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence

from attrs import define, field, frozen

from spine.core.clock import current_clock
from spine.core.errors import SpineError, WorkflowError
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.lease import Lease, LeaseError, PartitionBusyError
from spine.orchestration.partitions import Key
from spine.orchestration.records import RunRecord, partition_text
from spine.orchestration.registry import workflow_registry
from spine.orchestration.run_queue import RunQueue
from spine.scheduling.backfill import Backfill, BackfillCounts, BackfillStatus, BackfillStore, count
from spine.scheduling.firing import NewRun
from spine.scheduling.run_pool import RunPool

logger = logging.getLogger("spine.scheduling")

_SHORTEST_NAP, _LONGEST_NAP = 0.02, 0.5  # seconds between looks; they grow while no run begins or ends
_LOOK_SECONDS = 1.0  # between looks at busy partitions, and at runs without a process
_RENEW_SECONDS = 2.0


@frozen
class BackfillProgress:
    """State of a backfill that goes on; `busy` partitions wait for runs of others."""

    counts: BackfillCounts
    busy: int


@frozen
class _Task:
    """A partition to run: anew, or the rest of the run that it has."""

    lock: str
    run_id: str | None


@define(eq=False)
class _Every:
    """A deadline that returns every `seconds`."""

    seconds: float
    _next: float = 0.0

    def is_due(self) -> bool:
        now = current_clock().monotonic()
        if now < self._next:
            return False
        self._next = now + self.seconds
        return True


@define(eq=False)
class Backfiller:
    """Executes a backfill of `store` that this process holds under `lease`, with the runs of `pool`.

    All of its state is in the store: the process may be killed at any time, and another one continues. `on_progress` is
    called every `report_seconds`.
    """

    store: BackfillStore
    pool: RunPool
    backfill: Backfill
    lease: Lease
    on_progress: Callable[[BackfillProgress], None] = lambda _progress: None
    report_seconds: float = 2.0
    refused: dict[str, str] = field(factory=dict, init=False)
    """The error of each partition whose run could not be made, by its lock."""
    _keys: dict[str, Key] = field(init=False)
    _to_do: deque[_Task] = field(factory=deque, init=False)
    _busy: deque[_Task] = field(factory=deque, init=False)
    _going: Sequence[str] = field(default=(), init=False)
    _begun: int = field(default=0, init=False)  # runs since the last look
    _is_cancelled: bool = field(default=False, init=False)

    @_keys.default
    def _by_lock(self) -> dict[str, Key]:
        return self.backfill.locks()

    def run(self, stop: threading.Event) -> Backfill | None:
        """Execute the rest of the backfill and return it; None after `stop`: the caller parks the runs of the pool.

        Runs of it that failed or were cancelled before are resumed. Raises LostBackfillError if another process takes
        it over.
        """
        workflow = workflow_registry.get(self.backfill.workflow_name)
        self._plan()
        renew, look, report = _Every(_RENEW_SECONDS), _Every(_LOOK_SECONDS), _Every(self.report_seconds)
        report.is_due()
        nap = _SHORTEST_NAP
        while not stop.is_set():
            before = self._going
            try:
                if renew.is_due():
                    self.store.renew(self.backfill.id, self.lease)
                ended = self._go_on(workflow, is_looking=look.is_due())
                if ended is not None:
                    return ended
                if report.is_due():
                    self.on_progress(BackfillProgress(self._count(), len(self._busy)))
                nap = _SHORTEST_NAP if self._begun or self._going != before else min(nap * 1.5, _LONGEST_NAP)
            except SpineError as error:
                if not error.retryable:
                    raise
                logger.warning("the backfill could not go on: %s", error)  # the database is unavailable
                nap = _LOOK_SECONDS
            current_clock().wait(nap, stop)
        return None

    def _plan(self) -> None:
        found = {run.lock: run for run in self.store.runs(self.backfill)}
        for lock in self._keys:
            run = found.get(lock)
            if run is None or not (run.elsewhere or run.status.is_open or run.status.is_good):
                self._to_do.append(_Task(lock, None if run is None else run.run_id))

    def _go_on(self, workflow: Workflow, *, is_looking: bool) -> Backfill | None:
        """Start the runs that have room; return the backfill if nothing is left to do."""
        if is_looking:
            self._look_after()
        found = self.store.look(self.backfill.id)
        going = self._going = found.open_runs
        if found.is_cancelled:
            if is_looking or not self._is_cancelled:
                self._cancel(going)
            self._is_cancelled = True
            return None if going else self._finish()
        begun, room = 0, self.backfill.options.max_parallel - len(going)
        while begun < room and self._to_do:
            begun += self._take(workflow, self._to_do[0])
            self._to_do.popleft()  # only now: it is taken again if the database is unavailable
        self._begun = begun
        return None if going or begun or self._to_do or self._busy else self._finish()

    def _look_after(self) -> None:
        """Submit the runs of the backfill that no process executes, and try again the partitions that were busy."""
        for run in self.pool.runs.abandoned():
            if run.backfill_id == self.backfill.id:
                self.pool.submit(run.run_id)
        self.pool.free_workers()
        self._to_do.extendleft(reversed(self._busy))
        self._busy.clear()

    def _take(self, workflow: Workflow, task: _Task) -> bool:
        """Start or resume the run of a partition; return True if it has begun."""
        try:
            return self._start(workflow, task.lock) if task.run_id is None else self._resume(task.run_id)
        except PartitionBusyError as error:
            logger.debug("%s", error)
            self._busy.append(task)
            return False

    def _start(self, workflow: Workflow, lock: str) -> bool:
        key = self._keys[lock]
        try:
            record = self._prepare(workflow, lock)
        except Exception as error:  # noqa: BLE001 - resolve_params is the project's code
            said = str(error) if isinstance(error, SpineError) else f"{type(error).__name__}: {error}"
            logger.error("partition %s could not be started: %s", partition_text(key), said)  # noqa: TRY400 - the message is sufficient
            self.refused[lock] = said
            return False
        queue = self.pool.executor if isinstance(self.pool.executor, RunQueue) else None
        run = self.store.start(self.backfill, NewRun(record, workflow.to_dict()), self.lease, queue)
        if run.elsewhere:
            logger.info("partition %s was completed by run %s", partition_text(key), run.run_id)
            return False
        if queue is None and run.status.is_open:
            self.pool.submit(run.run_id)
        return True

    def _prepare(self, workflow: Workflow, lock: str) -> RunRecord:
        params = {**self.backfill.params, **self._keys[lock]}
        record = self.pool.runner.prepare(workflow, params, backfill_id=self.backfill.id)
        if record.partition_lock != lock:
            raise WorkflowError(
                f"workflow {workflow.name!r} makes partition {partition_text(record.partition)} of it: "
                "a backfill needs the partition that it asks for"
            )
        return record

    def _resume(self, run_id: str) -> bool:
        try:
            self.pool.runner.reopen(run_id)
        except LeaseError as error:  # another process resumes it
            logger.info("%s", error)
            return False
        except WorkflowError as error:  # it was resumed, and completed, meanwhile
            logger.debug("%s", error)
            return False
        self.pool.submit(run_id)
        return True

    def _cancel(self, going: Sequence[str]) -> None:
        for run_id in going:
            self.pool.runs.request_cancel(run_id)

    def _count(self) -> BackfillCounts:
        return count(self.backfill, self.store.runs(self.backfill))

    def _finish(self) -> Backfill:
        counts = self._count()
        status = BackfillStatus.COMPLETED
        if counts.done < counts.total:
            status = BackfillStatus.CANCELLED if self._is_cancelled else BackfillStatus.FAILED
        return self.store.finish(self.backfill, status, counts, self.lease)
