"""The service: starts what is due, goes on with what waits or was left behind, and sends what is pending."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from typing import Any

from attrs import field, frozen

from spine.core.errors import SpineError
from spine.framework.alerts import AlertSeverity
from spine.history.schedule_records import Firing, NewRun, PlannedTick, ScheduleRecord
from spine.history.schedule_store import SqlScheduleStore
from spine.orchestration import WorkflowRunner
from spine.orchestration.alert_rules import RulesOf
from spine.orchestration.lease import Lease, LeaseError
from spine.orchestration.run_store import RunStore
from spine.orchestration.stop import Stop, StopReason
from spine.orchestration.target import target_workflow
from spine.scheduling.planner import plan
from spine.scheduling.record import from_record
from spine.scheduling.schedule import Schedule

logger = logging.getLogger("spine.scheduling")

_BATCH = 200  # schedules decided in one transaction
_LONGEST_NAP = 1.0  # seconds; how long a change by another process may go unseen
_LONGEST_OUTAGE_NAP = 5.0


@frozen
class Chore:
    """Something done every `seconds` in a thread of its own, whatever the ticks do."""

    name: str
    seconds: float
    do: Callable[[], Any]


@frozen
class Crashes:
    """What becomes of a run whose process died; see `[runs]`."""

    on_crash: str = "resume"
    max_crashes: int = 3


@frozen
class Status:
    """How a scheduler has been doing since its start."""

    started_at: datetime
    beat_at: datetime
    ticks: int
    runs_going: int
    last_error: str | None


@frozen(eq=False)
class Scheduler:
    """Decides the ticks of `store` and executes their runs with `runner` in `workers` threads.

    Any number of schedulers may work on one store. `chores` are done beside.
    """

    store: SqlScheduleStore
    runs: RunStore
    runner: WorkflowRunner
    lease: Lease
    rules_of: RulesOf
    workers: int = 8
    crashes: Crashes = field(factory=Crashes)
    chores: tuple[Chore, ...] = ()
    on_beat: Callable[[Status], None] = lambda _status: None
    _going: dict[str, Stop] = field(factory=dict, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _schedules: dict[str, tuple[object, Schedule]] = field(factory=dict, init=False)
    _pool: ThreadPoolExecutor = field(init=False)

    @_pool.default
    def _make_pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.workers, thread_name_prefix="spine-run")

    def run(self, stop: threading.Event, grace_seconds: float = 10.0) -> None:
        """Work until `stop`; then ask the runs to park, and return when they have, or the grace is over.

        Runs that do not park are taken up by another scheduler when their lease ends.
        """
        started_at, ticks, error = self.store.now(), 0, None
        ended = threading.Event()
        threads = [self._start_chore(chore, ended) for chore in (*self.chores, Chore("recover", 1.0, self.recover))]
        while not stop.is_set():
            nap = _LONGEST_NAP
            try:
                ticks += self.fire()
                self.start_queued()
                nap = self._until_next()
                error = None
            except SpineError as failure:  # the database may be back in a moment
                logger.warning("the ticks could not be decided: %s", failure)
                nap, error = _LONGEST_NAP, str(failure)
            self._beat(Status(started_at, self._beat_time(), ticks, len(self._going), error))
            stop.wait(nap)
        ended.set()
        self._park(grace_seconds)
        for thread in threads:
            thread.join(grace_seconds)

    def fire(self) -> int:
        """Decide whatever is due now and hand the runs to the pool; return how many ticks were decided."""
        count = 0
        while True:
            now = self.store.now()
            found = self.store.due(now, _BATCH)
            firings = [firing for firing in (self._plan(record, now) for record in found) if firing is not None]
            if firings:
                for run_id in self.store.fire(firings, self.lease):
                    self._submit(run_id)
                count += sum(len(firing.ticks) for firing in firings)
            if len(found) < _BATCH:
                return count

    def start_queued(self) -> None:
        """Start the ticks that waited for room and have it now."""
        for tick, record in self.store.queued(_BATCH):
            planned = PlannedTick(tick, self._prepare(record))
            run_id = self.store.start_queued(planned, record.max_instances or None, self.lease)
            if run_id is not None:
                self._submit(run_id)

    def recover(self) -> None:
        """Hand runs to the pool whose process is gone, or whose time to wake has come."""
        for run in self.runs.abandoned():
            self._submit(run.run_id)

    def wait_for_runs(self, timeout: float = 60.0) -> None:
        """Return when no run goes on in this process; TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while self._going:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self._going)} runs still go on after {timeout:g} seconds")
            time.sleep(0.01)

    def _plan(self, record: ScheduleRecord, now: datetime) -> Firing | None:
        severity: AlertSeverity | None = self.rules_of(record.target_name).on_failure
        return plan(record, self._schedule(record), now, self._prepare, severity)

    def _schedule(self, record: ScheduleRecord) -> Schedule:
        kept = self._schedules.get(record.id)
        if kept is None or kept[0] != record.definition:
            kept = self._schedules[record.id] = (record.definition, from_record(record))
        return kept[1]

    def _prepare(self, record: ScheduleRecord) -> NewRun:
        workflow = target_workflow(record.target_name)
        return NewRun(self.runner.prepare(workflow, record.params, schedule_id=record.id), workflow.to_dict())

    def _submit(self, run_id: str) -> None:
        with self._lock:
            if run_id in self._going:
                return
            self._going[run_id] = Stop()
        self._pool.submit(copy_context().run, self._execute, run_id)

    def _execute(self, run_id: str) -> None:
        stop = self._going[run_id]
        try:
            if stop.reason is None:
                crashes = self.crashes
                self.runner.proceed(run_id, on_crash=crashes.on_crash, max_crashes=crashes.max_crashes, stop=stop)
        except LeaseError as error:
            logger.info("%s", error)
        except Exception:
            logger.exception("run %s could not go on here", run_id)
        finally:
            with self._lock:
                del self._going[run_id]

    def _until_next(self) -> float:
        upcoming = self.store.next_due()
        if upcoming is None:
            return _LONGEST_NAP
        return min(max((upcoming - self.store.now()).total_seconds(), 0.0), _LONGEST_NAP)

    def _beat_time(self) -> datetime:
        try:
            return self.store.now()
        except SpineError:
            from spine.core.clock import utc_now

            return utc_now()

    def _beat(self, status: Status) -> None:
        try:
            self.on_beat(status)
        except OSError as error:
            logger.warning("the health file could not be written: %s", error)

    def _start_chore(self, chore: Chore, ended: threading.Event) -> threading.Thread:
        def work() -> None:
            while not ended.wait(chore.seconds):
                try:
                    chore.do()
                except SpineError as error:
                    logger.warning("%s could not be done: %s", chore.name, error)
                except Exception:
                    logger.exception("%s could not be done", chore.name)

        thread = threading.Thread(target=copy_context().run, args=(work,), name=f"spine-{chore.name}", daemon=True)
        thread.start()
        return thread

    def _park(self, grace_seconds: float) -> None:
        with self._lock:
            for stop in self._going.values():
                stop.request(StopReason.PARK)
        self._pool.shutdown(wait=False)
        deadline = time.monotonic() + grace_seconds
        while self._going and time.monotonic() < deadline:
            time.sleep(0.02)
