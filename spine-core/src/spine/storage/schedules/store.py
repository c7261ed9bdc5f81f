"""The ScheduleStore in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, desc, func, insert, or_, select, update

from spine.core.clock import MOST_AHEAD
from spine.core.suggest import did_you_mean
from spine.framework.alerts.route import RoutedAlert
from spine.framework.events import AlertRaised, publish
from spine.orchestration.lease import Lease
from spine.orchestration.run_queue import RunQueue
from spine.scheduling.firing import Firing, NewRun, PlannedTick, QueuedTick
from spine.scheduling.reconcile import added, counts_from, reconcile, removed
from spine.scheduling.record import ScheduleRecord
from spine.scheduling.store import UnknownScheduleError
from spine.scheduling.tick import WITHOUT_RUN, TickDecided, TickRecord, TickStatus
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.runs.insert import again_if_taken
from spine.storage.schedules.calls import begin_call, end_calls
from spine.storage.schedules.claim import Claim
from spine.storage.schedules.rows import IS_ACTIVE, schedule_of, schedule_row, tick_of
from spine.storage.tables.schedules import schedule_runs as ticks
from spine.storage.tables.schedules import schedules


class SqlScheduleStore:
    """A ScheduleStore; with `queue`, the runs that ticks start are enqueued in the same transaction."""

    def __init__(self, history: History, alerts: SqlAlertStore, queue: RunQueue | None = None) -> None:
        self._history = history
        self._queue = queue
        self._alerts = alerts
        self._clock = StoreClock(history.adapter)

    def now(self) -> datetime:
        return self._clock.now()

    def sync(self, declared: Sequence[ScheduleRecord]) -> None:
        with self._history.engine.begin() as connection:
            self._history.lock(connection, "spine.schedules")
            changes = reconcile(declared, self._kept(connection), self._clock.read(connection))
            self._write(connection, changes.new, [*changes.changed, *changes.gone])

    def add(self, record: ScheduleRecord) -> None:
        with self._history.engine.begin() as connection:
            self._history.lock(connection, "spine.schedules")
            kept = next((kept for kept in self._kept(connection) if kept.name == record.name), None)
            made = added(record, kept, self._clock.read(connection))
            self._write(connection, [made] if kept is None else [], [made] if kept is not None else [])

    def remove(self, name: str) -> None:
        schedule_id = self.get(name).id
        with self._history.engine.begin() as connection:
            self._history.lock(connection, "spine.schedules")
            [record] = [kept for kept in self._kept(connection) if kept.id == schedule_id]
            self._write(connection, [], [removed(record, self._clock.read(connection))])

    def get(self, name: str) -> ScheduleRecord:
        found = {record.name: record for record in self.list_schedules()}
        if name not in found:
            raise UnknownScheduleError(f"there is no schedule {name!r}{did_you_mean(name, found)}")
        return found[name]

    def list_schedules(self) -> list[ScheduleRecord]:
        return stored_schedules(self._history)

    def due(self, now: datetime, limit: int, after: ScheduleRecord | None = None) -> list[ScheduleRecord]:
        query = select(schedules).where(*self._active(), schedules.c.next_run_at.is_not(None))
        query = query.where(schedules.c.next_run_at <= now)
        if after is not None:
            same_time = and_(schedules.c.next_run_at == after.next_run_at, schedules.c.id > after.id)
            query = query.where(or_(schedules.c.next_run_at > after.next_run_at, same_time))
        return self._schedules(query.order_by(schedules.c.next_run_at, schedules.c.id).limit(limit))

    def next_due(self, without: Collection[str] = ()) -> datetime | None:
        query = select(func.min(schedules.c.next_run_at)).where(*self._active(), schedules.c.id.not_in(without))
        with self._history.reader.connect() as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found

    def ahead(self) -> list[ScheduleRecord]:
        most = self.now() + MOST_AHEAD
        return self._schedules(select(schedules).where(*self._active(), schedules.c.last_tick_at > most))

    def recount(self, record: ScheduleRecord, alert: RoutedAlert | None) -> bool:
        same = (schedules.c.id == record.id, schedules.c.last_tick_at == record.last_tick_at)
        with self._history.engine.begin() as connection:
            now = self._clock.read(connection)
            of_schedule = ticks.c.schedule_id == record.id
            newest = select(func.max(ticks.c.scheduled_at)).where(of_schedule, ticks.c.scheduled_at <= now)
            changes = {"last_tick_at": connection.execute(newest).scalar() or now, "next_run_at": now}
            if not connection.execute(update(schedules).where(*same).values(changes)).rowcount:
                return False
            future = (of_schedule, ticks.c.scheduled_at > now)
            without_run = ticks.c.status.in_([status.value for status in WITHOUT_RUN])
            connection.execute(delete(ticks).where(*future, without_run))
            if alert is not None:
                self._alerts.add_within(connection, alert)
        publish([AlertRaised(alert.alert)] if alert is not None else [])
        return True

    def fire(self, firings: Sequence[Firing], lease: Lease) -> list[str]:
        return again_if_taken(lambda: self._fire(firings, lease))

    def _fire(self, firings: Sequence[Firing], lease: Lease) -> list[str]:
        with self._history.engine.begin() as connection:
            claimed = self._claim(connection, lease).fire(firings)
            for routed in claimed.alerts:
                self._alerts.add_within(connection, routed)
        raised = [AlertRaised(routed.alert) for routed in claimed.alerts]
        publish([*(TickDecided(tick) for tick in claimed.ticks), *raised])
        return [] if self._queue is not None else list(claimed.run_ids)

    def queued(self, limit: int) -> list[QueuedTick]:
        going = ticks.alias()
        running = (
            select(func.count())
            .where(going.c.schedule_id == ticks.c.schedule_id, going.c.status == TickStatus.RUNNING.value)
            .correlate(ticks)
            .scalar_subquery()
        )
        has_room = or_(schedules.c.max_instances == 0, running < schedules.c.max_instances).label("has_room")
        oldest = (
            select(ticks.c.schedule_id, has_room, func.min(ticks.c.scheduled_at).label("scheduled_at"))
            .join(schedules, schedules.c.id == ticks.c.schedule_id)
            .where(ticks.c.status == TickStatus.PENDING.value, *self._active())
            .group_by(ticks.c.schedule_id, schedules.c.max_instances)
            .order_by(desc("has_room"), "scheduled_at")
            .limit(limit)
            .subquery()
        )
        same = and_(
            ticks.c.schedule_id == oldest.c.schedule_id,
            ticks.c.scheduled_at == oldest.c.scheduled_at,
            ticks.c.status == TickStatus.PENDING.value,
        )
        now = self.now()
        with self._history.reader.connect() as connection:
            query = select(ticks, oldest.c.has_room).join(oldest, same)
            in_order = query.order_by(oldest.c.has_room.desc(), ticks.c.scheduled_at, ticks.c.id.desc())
            # of ticks that occurrences caused at the same time, the first
            by_schedule = {row["schedule_id"]: row for row in connection.execute(in_order).mappings()}
            waiting = [(tick_of(row), bool(row["has_room"])) for row in by_schedule.values()]
        ids = [tick.schedule_id for tick, _has_room in waiting]
        found = {record.id: record for record in self._schedules(select(schedules).where(schedules.c.id.in_(ids)))}
        return [
            QueuedTick(tick, found[tick.schedule_id], has_room and tick.scheduled_at <= now)
            for tick, has_room in waiting
            if tick.schedule_id in found
        ]

    def waiting(self, schedule_id: str, limit: int) -> list[TickRecord]:
        pending = (ticks.c.schedule_id == schedule_id, ticks.c.status == TickStatus.PENDING.value)
        query = select(ticks).where(*pending, ticks.c.scheduled_at <= self.now())
        with self._history.reader.connect() as connection:
            found = connection.execute(query.order_by(ticks.c.scheduled_at, ticks.c.id).limit(limit)).mappings()
            return [tick_of(row) for row in found]

    def start_queued(self, planned: PlannedTick, limit: int | None, lease: Lease) -> str | None:
        return again_if_taken(lambda: self._start_queued(planned, limit, lease))

    def _start_queued(self, planned: PlannedTick, limit: int | None, lease: Lease) -> str | None:
        with self._history.engine.begin() as connection:
            record = self._claim(connection, lease).start_queued(planned, limit)
            alerts = [planned.alert] if record is not None and planned.alert is not None else []
            for routed in alerts:
                self._alerts.add_within(connection, routed)
        if record is None:
            return None
        publish([TickDecided(record), *(AlertRaised(routed.alert) for routed in alerts)])
        return record.run_id

    def trigger(self, record: ScheduleRecord, run: NewRun, scheduled_at: datetime, lease: Lease) -> None:
        tick = TickRecord(record.id, record.name, scheduled_at, TickStatus.RUNNING, skip_reason="triggered by hand")

        def start() -> TickRecord:
            with self._history.engine.begin() as connection:
                return Claim(connection, self._history.project, self._clock, lease).start(PlannedTick(tick, run))

        publish([TickDecided(again_if_taken(start))])

    def begin_call(self, schedule_id: str, process: str) -> int:
        with self._history.engine.begin() as connection:
            now = self._clock.read(connection)
            return begin_call(connection, self._history.project, schedule_id, process, now)

    def end_calls(self, schedule_id: str) -> None:
        with self._history.engine.begin() as connection:
            end_calls(connection, schedule_id)

    def pause(self, name: str) -> ScheduleRecord:
        return self._change(name, paused_at=self.now())

    def resume(self, name: str, next_run_at: datetime | None) -> ScheduleRecord:
        record = self.get(name)
        self.end_calls(record.id)
        since = counts_from(self.now(), record.last_tick_at)
        return self._change(name, paused_at=None, last_tick_at=since, next_run_at=next_run_at)

    def history(
        self,
        name: str | None = None,
        *,
        since: datetime | None = None,
        status: Collection[str] = (),
        limit: int = 20,
    ) -> list[TickRecord]:
        schedule_id = None if name is None else self.get(name).id
        return self.ticks(schedule_id, since=since, status=status, limit=limit)

    def ticks(
        self,
        schedule_id: str | None,
        *,
        since: datetime | None = None,
        status: Collection[str] = (),
        limit: int = 20,
    ) -> list[TickRecord]:
        """Return the newest ticks of a schedule first, or of all; of one `status`, and none before `since`."""
        query = select(ticks).where(self._history.own(ticks))
        if status:
            query = query.where(ticks.c.status.in_(status))
        if schedule_id is not None:
            query = query.where(ticks.c.schedule_id == schedule_id)
        if since is not None:
            query = query.where(ticks.c.scheduled_at >= since)
        query = query.order_by(ticks.c.scheduled_at.desc(), ticks.c.id.desc()).limit(limit)
        with self._history.reader.connect() as connection:
            return [tick_of(row) for row in connection.execute(query).mappings()]

    def _change(self, name: str, **changes: Any) -> ScheduleRecord:
        schedule_id = self.get(name).id
        with self._history.engine.begin() as connection:
            connection.execute(update(schedules).where(schedules.c.id == schedule_id).values(changes))
        return self.get(name)

    def _schedules(self, query: Any) -> list[ScheduleRecord]:
        with self._history.reader.connect() as connection:
            return [schedule_of(row) for row in connection.execute(query).mappings()]

    def _claim(self, connection: Connection, lease: Lease) -> Claim:
        return Claim(connection, self._history.project, self._clock, lease, self._queue)

    def _active(self) -> tuple[Any, ...]:
        """Return the conditions of a schedule of the project that fires."""
        return self._history.own(schedules), *IS_ACTIVE

    def _kept(self, connection: Connection) -> list[ScheduleRecord]:
        """Return the schedules, locked until the transaction ends: schedulers that decide ticks write them too."""
        query = select(schedules).where(self._history.own(schedules)).order_by(schedules.c.id).with_for_update()
        return [schedule_of(row) for row in connection.execute(query).mappings()]

    def _write(self, connection: Connection, new: Sequence[ScheduleRecord], changed: Sequence[ScheduleRecord]) -> None:
        now = self._clock.read(connection)
        first = {"project": self._history.project, "created_at": now, "updated_at": now}
        if new:
            connection.execute(insert(schedules), [{**schedule_row(record), **first} for record in new])
        for record in changed:
            again = update(schedules).where(schedules.c.id == record.id)
            connection.execute(again.values(**schedule_row(record), updated_at=now))


def stored_schedules(history: History) -> list[ScheduleRecord]:
    """Return every schedule in the database, by name, also those that are gone."""
    query = select(schedules).where(history.own(schedules)).order_by(schedules.c.name)
    with history.reader.connect() as connection:
        return [schedule_of(row) for row in connection.execute(query).mappings()]
