"""The scheduler: starts the runs of ticks that are due, and resumes runs that wait or whose process died."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from attrs import define, evolve, field, frozen

from spine.core.clock import current_clock, utc_now
from spine.core.errors import ScheduleError, SpineError
from spine.framework.alerts import AlertSeverity
from spine.orchestration.alerts.rules import RulesOf
from spine.scheduling.call_guard import CallGuard
from spine.scheduling.causes import caused
from spine.scheduling.chore import Chore, start_chore
from spine.scheduling.firing import Firing, NewRun, QueuedTick
from spine.scheduling.logical_time import run_of
from spine.scheduling.occurrence import Occurrences
from spine.scheduling.planner import ahead_alert, failed_alert
from spine.scheduling.planning import Planning, RunMaker
from spine.scheduling.project_call import ProjectCalls
from spine.scheduling.record import ScheduleRecord, from_record
from spine.scheduling.recovery import Recovery
from spine.scheduling.run_pool import RunPool
from spine.scheduling.schedule import Schedule
from spine.scheduling.store import ScheduleStore, StoreGoneError
from spine.scheduling.tick import TickRecord

logger = logging.getLogger("spine.scheduling")

_BATCH = 200  # schedules decided in one transaction
_SHORTEST_NAP = 0.02  # seconds between looks at ticks that another scheduler has locked
_QUEUE_NAP = 0.1  # seconds between looks for room for a queued tick, or at project code that works
_BUSY_NAP = 1.0  # seconds until a queued tick that could not start, as of a busy partition, is prepared again
_MOST_TRIED = 20  # queued ticks of a schedule, while the partitions of those before them are busy
_LONGEST_NAP = 1.0  # seconds until a change by another process is noticed


@frozen
class Status:
    """State of a scheduler since its start; `hung` counts threads left behind by code that does not return."""

    started_at: datetime
    beat_at: datetime
    ticks: int
    runs_going: int
    hung: int
    last_error: str | None


@define(eq=False)
class Scheduler:
    """Decides the ticks of `store`, whose runs `pool` executes; `chores` run in parallel.

    Any number of schedulers may work on one store. `check` is called at each beat, and raises a SpineError for a store
    that cannot be written; `on_end` is called last. `call_seconds` is how long `resolve_params` and a calendar may
    take. `occurrences` are those that trigger schedules.
    """

    store: ScheduleStore
    pool: RunPool
    rules_of: RulesOf
    chores: tuple[Chore, ...] = ()
    on_beat: Callable[[Status], None] = lambda _status: None
    call_seconds: float = 30.0
    check: Callable[[], None] = lambda: None
    on_end: Callable[[], None] = lambda: None
    occurrences: Occurrences | None = None
    _calls: ProjectCalls = field(init=False)
    _recovery: Recovery = field(init=False)
    _plannings: dict[str, Planning] = field(factory=dict, init=False)
    _looked_at: datetime | None = field(default=None, init=False)
    _schedules: dict[str, tuple[object, Schedule | None]] = field(factory=dict, init=False)
    _faulty: set[str] = field(factory=set, init=False)
    _refused: dict[str, str] = field(factory=dict, init=False)
    _said: dict[str, str] = field(factory=dict, init=False)
    _rests: dict[str, float] = field(factory=dict, init=False)  # by queued tick: until it is tried again
    _started_at: datetime = field(factory=utc_now, init=False)
    _ticks: int = field(default=0, init=False)
    _error: str | None = field(default=None, init=False)
    _failure: str | None = field(default=None, init=False)  # of the store, at the last beat
    _is_gone: bool = field(default=False, init=False)
    _ended: threading.Event = field(factory=threading.Event, init=False)
    _threads: list[threading.Thread] = field(factory=list, init=False)

    @_recovery.default
    def _of_the_pool(self) -> Recovery:
        return Recovery(self.pool)

    @_calls.default
    def _make_calls(self) -> ProjectCalls:
        return ProjectCalls(self.call_seconds)

    def run(self, stop: threading.Event, grace_seconds: float = 10.0) -> bool:
        """Work until `stop`; then ask the runs to park, and return True if all parked before the grace is over.

        The others are left PENDING to another scheduler, although their steps work until this process is gone.
        Raises StoreGoneError if the store cannot come back.
        """
        clock = current_clock()
        self.start()
        try:
            while not stop.is_set():
                clock.wait(self.beat(), stop)
        except StoreGoneError:
            self.park(grace_seconds)
            raise
        return self.park(grace_seconds)

    def start(self) -> None:
        """Start the chores, in threads of their own; `beat` is called from then on, and `park` last."""
        self._started_at = self._beat_time()
        own = (Chore("recover", 1.0, self.recover), Chore("free workers", 1.0, self.pool.free_workers))
        self._threads += [start_chore(chore, self._ended) for chore in (*self.chores, *own)]

    def beat(self) -> float:
        """Decide what is due, and return the seconds until the next beat is wanted.

        An error of the store is logged once, and the next beat tries again; raises StoreGoneError if the store cannot
        come back.
        """
        nap = _LONGEST_NAP
        try:
            self.check()
            self._ticks += self.fire()
            is_waiting = self.start_queued()
            nap = min(self._until_next(), _QUEUE_NAP if is_waiting or self._plannings else _LONGEST_NAP)
            self._recovered()
            self._error = next(iter(self._refused.values()), None)
        except StoreGoneError as failure:
            self._is_gone, self._error = True, str(failure)
            self._report()
            raise
        except SpineError as failure:  # the database may be unavailable for a moment
            self._failed(str(failure))
        self._report()
        return nap

    def park(self, grace_seconds: float) -> bool:
        """Stop the chores and ask the runs to park; return True if all parked before the grace is over."""
        clock = current_clock()
        self._ended.set()
        deadline = clock.monotonic() + grace_seconds
        is_parked = self.pool.park(grace_seconds)
        if not is_parked and not self._is_gone:
            self.pool.give_up()
        self._calls.close(max(deadline - clock.monotonic(), 0))
        for thread in self._threads:
            thread.join(max(deadline - clock.monotonic(), 0))
        if not self._is_gone:
            self.on_end()
        return is_parked

    def fire(self) -> int:
        """Decide the ticks that are due now and submit the runs to the pool; return the number of ticks decided.

        A schedule whose project code works is decided by a later call.
        """
        count, now, last = 0, self.store.now(), None
        self._faulty.clear()
        self._refused.clear()
        self._recount()
        seen: set[str] = set()
        while True:
            found = self.store.due(now, _BATCH, last)
            seen.update(record.id for record in found)
            firings = [firing for firing in (self._plan(record, now) for record in found) if firing is not None]
            if firings:
                count += self._fire(firings)
            if len(found) < _BATCH:
                break
            last = found[-1]
        for schedule_id in self._plannings.keys() - seen:  # paused, or decided by another scheduler
            del self._plannings[schedule_id]
        self._looked_at = now
        return count + self._fire_caused(now)

    def _fire_caused(self, now: datetime) -> int:
        """Decide the ticks of occurrences that have none; return their number."""
        if self.occurrences is None:
            return 0
        count = 0
        for record in self.occurrences.waiting():
            schedule = self._schedule(record)
            if schedule is None:
                continue
            severity: AlertSeverity | None = self.rules_of(record.target_name).on_failure
            try:
                firing = caused(record, schedule, self.occurrences, self._runs, severity, now)
            except ScheduleError as error:  # a failing calendar must not block other schedules
                self._blame(record.id, f"schedule {record.name} skipped: {error}")
                continue
            if firing is not None:
                count += self._fire([firing])
        return count

    def _recount(self) -> None:
        """Take back schedules that a clock moved into the future."""
        for record in self.store.ahead():
            if self._schedule(record) is None:
                continue
            alert = ahead_alert(record, self.rules_of(record.target_name).on_failure)
            if self.store.recount(record, alert):
                said = "schedule %s had counted until %s, and counts from now: the clock was ahead"
                logger.warning(said, record.name, record.last_tick_at)

    def start_queued(self) -> bool:
        """Start the queued ticks that have room now; return True if others wait."""
        now = current_clock().monotonic()
        self._rests = {tick_id: until for tick_id, until in self._rests.items() if until > now}
        while True:
            waiting = self.store.queued(_BATCH)
            started = [self._start(queued) for queued in waiting if queued.has_room]
            if not any(started):
                return bool(waiting)

    def recover(self) -> None:
        """Submit to the pool the runs whose process died, whose wake time has come, or that wait for a limit."""
        self._recovery.recover()

    def _fire(self, firings: list[Firing]) -> int:
        """Let the store decide ticks, and return the number of those that it took."""
        try:
            run_ids = self.store.fire(firings, self.pool.runner.lease)
        except SpineError as error:
            if error.retryable:
                raise
            return self._fire_one_by_one(firings)
        return self._fired(firings, run_ids)

    def _fire_one_by_one(self, firings: list[Firing]) -> int:
        count = 0
        for firing in firings:  # an error of the database for one schedule must not block the others
            try:
                run_ids = self.store.fire([firing], self.pool.runner.lease)
            except SpineError as error:
                if error.retryable:
                    raise
                self._refuse(firing.schedule_id, f"schedule {_name_of(firing)} could not be fired: {error}")
                continue
            count += self._fired([firing], run_ids)
        return count

    def _fired(self, firings: list[Firing], run_ids: list[str]) -> int:
        for firing in firings:
            self._said.pop(firing.schedule_id, None)
        prepared = {new.record.run_id: new.record for firing in firings for new in firing.runs}
        for run_id in run_ids:
            self.pool.submit(run_id, evolve(prepared[run_id], lease_owner=self.pool.runner.lease.owner))
        return sum(len(firing.ticks) for firing in firings)

    def _start(self, queued: QueuedTick) -> bool:
        """Start the oldest tick of a schedule that has room; while its partition is busy, one of the next."""
        schedule = self._schedule(queued.schedule)
        if schedule is None or schedule.blackout_at(self.store.now()) is not None:
            return False
        started = self._try(queued.tick, queued.schedule, schedule)
        if started is not None:
            return started
        for tick in self.store.waiting(queued.schedule.id, _MOST_TRIED):
            if tick.id != queued.tick.id and (started := self._try(tick, queued.schedule, schedule)) is not None:
                return started
        return False

    def _try(self, tick: TickRecord, record: ScheduleRecord, schedule: Schedule) -> bool | None:
        """Start a queued tick; False if no tick of its schedule can start now, None if another one may."""
        clock = current_clock()
        if clock.monotonic() < self._rests.get(tick.id, 0.0):
            return None
        planned = self._runs.make(tick, record, schedule, f"queue of {record.id}", (tick.id, record.definition))
        if planned is None:
            return False
        severity: AlertSeverity | None = self.rules_of(record.target_name).on_failure
        if planned.run is None and severity is not None:
            planned = evolve(planned, alert=failed_alert(record, planned.tick, severity))
        try:
            run_id = self.store.start_queued(planned, record.max_instances or None, self.pool.runner.lease)
        except SpineError as error:
            if error.retryable:
                raise
            self._refuse(record.id, f"a tick of schedule {record.name} that waited could not be started: {error}")
            return False
        if run_id is not None and not self.pool.is_queue:
            self.pool.submit(run_id)
        if run_id is None and planned.run is not None:
            self._rests[tick.id] = clock.monotonic() + _BUSY_NAP
            return None if planned.run.record.partition_lock is not None else False
        return run_id is not None

    def _plan(self, record: ScheduleRecord, now: datetime) -> Firing | None:
        schedule = self._schedule(record)
        if schedule is None or record.last_tick_at is None:
            return None
        planning = self._plannings.pop(record.id, None)
        if planning is None or not planning.is_about(record):
            severity: AlertSeverity | None = self.rules_of(record.target_name).on_failure
            planning = Planning(record, schedule, now, self._looked_at, severity, self._runs)
        try:
            firing = planning.proceed()
        except ScheduleError as error:  # a failing calendar must not block other schedules
            self._blame(record.id, f"schedule {record.name} skipped: {error}")
            return None
        if firing is None:
            self._plannings[record.id] = planning
        return firing

    @property
    def _runs(self) -> RunMaker:
        return RunMaker(self._prepare, self._calls, CallGuard(self.store))

    def _refuse(self, schedule_id: str, sentence: str) -> None:
        """Mark a schedule whose ticks the store does not take: the scheduler is not well."""
        self._refused[schedule_id] = sentence
        self._blame(schedule_id, sentence)

    def _blame(self, schedule_id: str, sentence: str) -> None:
        """Mark a schedule as failing, for further tries, and log the failure once."""
        self._faulty.add(schedule_id)
        if self._said.get(schedule_id) != sentence:
            self._said[schedule_id] = sentence
            logger.error("%s", sentence)

    def _schedule(self, record: ScheduleRecord) -> Schedule | None:
        kept = self._schedules.get(record.id)
        if kept is None or kept[0] != record.definition:
            kept = self._schedules[record.id] = (record.definition, _read(record))
        return kept[1]

    def _prepare(self, record: ScheduleRecord, schedule: Schedule, tick: TickRecord) -> NewRun:
        return run_of(self.pool.runner, record, schedule, tick)

    def _until_next(self) -> float:
        unreadable = {schedule_id for schedule_id, (_, schedule) in self._schedules.items() if schedule is None}
        upcoming = self.store.next_due(unreadable | self._faulty | self._plannings.keys())
        if upcoming is None:
            return _LONGEST_NAP
        return min(max((upcoming - self.store.now()).total_seconds(), _SHORTEST_NAP), _LONGEST_NAP)

    def _beat_time(self) -> datetime:
        try:
            return self.store.now()
        except SpineError:
            return utc_now()

    def _failed(self, sentence: str) -> None:
        if sentence != self._failure:
            logger.warning("the ticks could not be decided, and are tried again: %s", sentence)
        self._failure = self._error = sentence

    def _recovered(self) -> None:
        if self._failure is not None:
            logger.info("the ticks are decided again")
        self._failure = None

    def _report(self) -> None:
        hung = self.pool.hung + self._calls.hung
        status = Status(self._started_at, self._beat_time(), self._ticks, len(self.pool), hung, self._error)
        try:
            self.on_beat(status)
        except OSError as error:
            logger.warning("the health file could not be written: %s", error)


def _name_of(firing: Firing) -> str:
    return firing.ticks[0].tick.schedule_name if firing.ticks else firing.schedule_id


def _read(record: ScheduleRecord) -> Schedule | None:
    try:
        return from_record(record)
    except SpineError as error:  # another version of Spine wrote the row, or it was edited
        logger.error("schedule %s skipped: %s", record.name, error)  # noqa: TRY400 - the message is sufficient
        return None
