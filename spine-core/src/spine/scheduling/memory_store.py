"""The ScheduleStore in memory, for a process without a project and for tests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from threading import RLock

from attrs import evolve

from spine.core.clock import MOST_AHEAD, utc_now
from spine.core.suggest import did_you_mean
from spine.framework.alerts.route import RoutedAlert
from spine.framework.alerts.store import alert_store
from spine.orchestration.lease import Lease
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.scheduling.decision import decide, start_queued, started, without
from spine.scheduling.firing import Firing, NewRun, PlannedTick, QueuedTick
from spine.scheduling.reconcile import added, counts_from, reconcile, removed
from spine.scheduling.record import ScheduleRecord
from spine.scheduling.store import UnknownScheduleError
from spine.scheduling.tick import WITHOUT_RUN, TickRecord, TickStatus, end_of_tick


class MemoryScheduleStore:
    """Schedules and ticks in the memory of the process; `runs` keeps the runs that ticks start."""

    def __init__(self, runs: MemoryRunStore) -> None:
        self._runs = runs
        self._schedules: dict[str, ScheduleRecord] = {}
        self._ticks: dict[str, TickRecord] = {}
        self._lock = RLock()

    def now(self) -> datetime:
        return utc_now()

    def sync(self, declared: Sequence[ScheduleRecord]) -> None:
        with self._lock:
            changes = reconcile(declared, self._schedules.values(), self.now())
            self._schedules = {record.name: record for record in changes.applied_to(self._schedules.values())}

    def add(self, record: ScheduleRecord) -> None:
        with self._lock:
            self._change(added(record, self._schedules.get(record.name), self.now()))

    def remove(self, name: str) -> None:
        self._change(removed(self.get(name), self.now()))

    def get(self, name: str) -> ScheduleRecord:
        with self._lock:
            if name not in self._schedules:
                raise UnknownScheduleError(f"there is no schedule {name!r}{did_you_mean(name, self._schedules)}")
            self._settle()
            return self._schedules[name]

    def list_schedules(self) -> list[ScheduleRecord]:
        with self._lock:
            self._settle()
            return [self._schedules[name] for name in sorted(self._schedules)]

    def due(self, now: datetime, limit: int, after: ScheduleRecord | None = None) -> list[ScheduleRecord]:
        found = sorted((moment, record.id, record) for moment, record in self._active() if moment <= now)
        last = (after.next_run_at, after.id) if after is not None and after.next_run_at is not None else None
        return [record for moment, key, record in found if last is None or (moment, key) > last][:limit]

    def next_due(self, without: Collection[str] = ()) -> datetime | None:
        return min((moment for moment, record in self._active() if record.id not in without), default=None)

    def ahead(self) -> list[ScheduleRecord]:
        most = self.now() + MOST_AHEAD
        return [record for _moment, record in self._active() if record.last_tick_at and record.last_tick_at > most]

    def recount(self, record: ScheduleRecord, alert: RoutedAlert | None) -> bool:
        with self._lock:
            kept, now = self._by_id(record.id), self.now()
            if kept is None or kept.last_tick_at != record.last_tick_at:
                return False
            times = [tick.scheduled_at for tick in self._ticks.values() if tick.schedule_id == record.id]
            newest = max((moment for moment in times if moment <= now), default=now)
            self._change(evolve(kept, last_tick_at=newest, next_run_at=now))
            self._ticks = {
                key: tick
                for key, tick in self._ticks.items()
                if tick.schedule_id != record.id or tick.scheduled_at <= now or tick.status not in WITHOUT_RUN
            }
            if alert is not None:
                alert_store().record(alert.alert, ())
            return True

    def fire(self, firings: Sequence[Firing], lease: Lease) -> list[str]:
        with self._lock:
            self._settle()
            return [run_id for firing in firings for run_id in self._fire(firing, lease)]

    def queued(self, limit: int) -> list[QueuedTick]:
        with self._lock:
            self._settle()
            found = []
            for record in self._schedules.values():
                waiting = self._of(record.id, TickStatus.PENDING)
                if waiting and record.is_active:
                    room = record.max_instances == 0 or len(self._of(record.id)) < record.max_instances
                    found.append(QueuedTick(waiting[0], record, room and waiting[0].scheduled_at <= self.now()))
            return sorted(found, key=lambda queued: (not queued.has_room, queued.tick.scheduled_at))[:limit]

    def waiting(self, schedule_id: str, limit: int) -> list[TickRecord]:
        with self._lock:
            now = self.now()
            return [tick for tick in self._of(schedule_id, TickStatus.PENDING) if tick.scheduled_at <= now][:limit]

    def start_queued(self, planned: PlannedTick, limit: int | None, lease: Lease) -> str | None:
        with self._lock:
            self._settle()
            kept, schedule = self._ticks.get(planned.tick.id), self._by_id(planned.tick.schedule_id)
            if kept is None or kept.status is not TickStatus.PENDING or schedule is None or not schedule.is_active:
                return None
            record = start_queued(planned, len(self._of(schedule.id)), limit, self.now())
            lock = None if planned.run is None else planned.run.record.partition_lock
            if record is None or lock in self._runs.busy():
                return None
            self._keep([record], [planned.run] if planned.run else [], lease)
            if planned.alert is not None:
                alert_store().record(planned.alert.alert, ())
            return record.run_id

    def trigger(self, record: ScheduleRecord, run: NewRun, scheduled_at: datetime, lease: Lease) -> None:
        tick = TickRecord(record.id, record.name, scheduled_at, TickStatus.RUNNING, skip_reason="triggered by hand")
        with self._lock:
            self._keep([started(PlannedTick(tick, run), self.now())], [run], lease)

    def begin_call(self, schedule_id: str, process: str) -> int:
        return 0  # the schedules end with the process

    def end_calls(self, schedule_id: str) -> None:
        pass

    def pause(self, name: str) -> ScheduleRecord:
        return self._change(evolve(self.get(name), paused_at=self.now()))

    def resume(self, name: str, next_run_at: datetime | None) -> ScheduleRecord:
        record = self.get(name)
        since = counts_from(self.now(), record.last_tick_at)
        return self._change(evolve(record, paused_at=None, last_tick_at=since, next_run_at=next_run_at))

    def history(self, name: str | None = None, *, limit: int = 20) -> list[TickRecord]:
        wanted = None if name is None else self.get(name).id
        with self._lock:
            self._settle()
            found = [tick for tick in self._ticks.values() if wanted in (None, tick.schedule_id)]
        return sorted(found, key=lambda tick: (tick.scheduled_at, tick.id), reverse=True)[:limit]

    def _fire(self, firing: Firing, lease: Lease) -> list[str]:
        record = self._by_id(firing.schedule_id)
        if record is None or not record.is_active or record.last_tick_at != firing.last_tick_at:
            return []
        if firing.is_ahead_of(self.now()):
            return []
        going = self._of(record.id)
        busy = len(going) + len(self._of(record.id, TickStatus.PENDING))
        runs = [self._runs.get_run(tick.run_id) for tick in going if tick.run_id]
        cancellable = [run.run_id for run in runs if run is not None and run.cancel_requested_at is None]
        kept = {tick.key for tick in self._ticks.values() if tick.schedule_id == record.id}
        decided = decide(without(firing, kept), busy, cancellable, self.now(), self._runs.busy())
        for run_id in decided.cancelled:
            self._runs.request_cancel(run_id)
        self._keep(decided.ticks, decided.runs, lease)
        self._change(evolve(record, last_tick_at=firing.newest_tick_at, next_run_at=firing.next_run_at))
        for routed in decided.alerts:
            alert_store().record(routed.alert, ())
        return [new.record.run_id for new in decided.runs]

    def _keep(self, ticks: Sequence[TickRecord], runs: Sequence[NewRun], lease: Lease) -> None:
        for new in runs:
            self._runs.insert(new.record, new.definition, lease)
        self._ticks.update((tick.id, tick) for tick in ticks)

    def _settle(self) -> None:
        """End the ticks whose runs have ended."""
        for tick in [tick for tick in self._ticks.values() if tick.status is TickStatus.RUNNING and tick.run_id]:
            run = self._runs.get_run(tick.run_id or "")
            if run is None or not run.status.has_ended:
                continue
            status, error = end_of_tick(run)
            self._ticks[tick.id] = evolve(tick, status=status, error=error, completed_at=run.completed_at)
            if record := self._by_id(tick.schedule_id):
                self._change(evolve(record, last_run_at=run.started_at, last_run_status=run.status.name))

    def _of(self, schedule_id: str, status: TickStatus = TickStatus.RUNNING) -> list[TickRecord]:
        """Return the ticks of a schedule that have a status, oldest first."""
        found = [tick for tick in self._ticks.values() if tick.schedule_id == schedule_id and tick.status is status]
        return sorted(found, key=lambda tick: tick.scheduled_at)

    def _active(self) -> list[tuple[datetime, ScheduleRecord]]:
        with self._lock:
            return [
                (record.next_run_at, record)
                for record in self._schedules.values()
                if record.is_active and record.next_run_at is not None
            ]

    def _by_id(self, schedule_id: str) -> ScheduleRecord | None:
        return next((record for record in self._schedules.values() if record.id == schedule_id), None)

    def _change(self, record: ScheduleRecord) -> ScheduleRecord:
        with self._lock:
            self._schedules[record.name] = record
        return record
