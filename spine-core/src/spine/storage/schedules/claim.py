"""Claims of ticks in SQL: decisions and the runs that they start are written in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, update

from spine.framework.alerts.route import RoutedAlert
from spine.orchestration.lease import Lease
from spine.orchestration.run_queue import RunQueue
from spine.scheduling.decision import Decided, decide, start_queued, started, without
from spine.scheduling.firing import Firing, NewRun, PlannedTick
from spine.scheduling.policy import Overlap
from spine.scheduling.tick import TickRecord, TickStatus
from spine.storage.clock import StoreClock
from spine.storage.runs.insert import busy_locks, insert_runs
from spine.storage.schedules.rows import IS_ACTIVE, tick_row
from spine.storage.tables.runs import runs
from spine.storage.tables.schedules import schedule_runs as ticks
from spine.storage.tables.schedules import schedules

_ADVANCE = (
    update(schedules)
    .where(schedules.c.id == bindparam("of_schedule"))
    .values(last_tick_at=bindparam("tick"), next_run_at=bindparam("next"))
)
_INSERT_TICKS = insert(ticks)


@frozen
class Claimed:
    """The ticks that this scheduler claimed, the runs that started, and the alerts to raise."""

    ticks: Sequence[TickRecord]
    run_ids: Sequence[str]
    alerts: Sequence[RoutedAlert]


@frozen
class Claim:
    """One transaction on `connection` in which no other scheduler of the project decides the same ticks.

    Runs are inserted under `lease`, or for `queue` if it is set.
    """

    connection: Connection
    project: str
    clock: StoreClock
    lease: Lease
    queue: RunQueue | None = None

    def fire(self, firings: Sequence[Firing]) -> Claimed:
        """Write the ticks of the schedules that no other scheduler holds or has decided, and return them.

        A firing with a tick in the future was planned before the clock was put right: it is left out.
        """
        locked, now = self._locked(firings), self.clock.read(self.connection)
        mine = [firing for firing in locked if not firing.is_ahead_of(now)]
        running = self._count_running([firing.schedule_id for firing in mine], and_queued=True)
        kept = self._kept(mine)
        busy = set(busy_locks(self.connection, self.project, {lock for firing in mine for lock in firing.locks}))
        decided = []
        for firing in mine:
            left, going = without(firing, kept.get(firing.schedule_id, ())), running.get(firing.schedule_id, 0)
            made = decide(left, going, self._cancellable(firing), now, busy)
            busy |= {new.record.partition_lock for new in made.runs if new.record.partition_lock is not None}
            decided.append(made)
        self._cancel(decided)
        self._insert([new for each in decided for new in each.runs], now, self.queue)
        records = [tick for each in decided for tick in each.ticks]
        self._insert_ticks(records)
        if mine:
            moves = [
                {"of_schedule": firing.schedule_id, "tick": firing.newest_tick_at, "next": firing.next_run_at}
                for firing in mine
            ]
            self.connection.execute(_ADVANCE, moves)
        run_ids = [new.record.run_id for each in decided for new in each.runs]
        return Claimed(records, run_ids, [routed for each in decided for routed in each.alerts])

    def start(self, planned: PlannedTick) -> TickRecord:
        """Write a tick and its run, which the caller executes regardless of other runs, and return the tick."""
        assert planned.run is not None
        now = self.clock.read(self.connection)
        self._insert([planned.run], now, None)
        record = started(planned, now)
        self._insert_ticks([record])
        return record

    def start_queued(self, planned: PlannedTick, limit: int | None) -> TickRecord | None:
        """Start a queued tick, if it still waits, has room and its partition is free, and return it."""
        tick = planned.tick
        lock = (
            select(schedules.c.paused_at, schedules.c.gone_at)
            .where(schedules.c.id == tick.schedule_id)
            .with_for_update()
        )
        schedule = self.connection.execute(lock).one_or_none()
        waits = select(ticks.c.id).where(ticks.c.id == tick.id, ticks.c.status == TickStatus.PENDING.value)
        is_active = schedule is not None and schedule.paused_at is None and schedule.gone_at is None
        if not is_active or self.connection.execute(waits).first() is None:
            return None
        running = self._count_running([tick.schedule_id]).get(tick.schedule_id, 0)
        now = self.clock.read(self.connection)
        record = start_queued(planned, running, limit, now)
        if record is None or self._is_busy(planned.run):
            return None
        if planned.run is not None:
            self._insert([planned.run], now, self.queue)
        self.connection.execute(update(ticks).where(ticks.c.id == tick.id).values(tick_row(record)))
        return record

    def _is_busy(self, new: NewRun | None) -> bool:
        lock = None if new is None else new.record.partition_lock
        return lock is not None and bool(busy_locks(self.connection, self.project, [lock]))

    def _locked(self, firings: Sequence[Firing]) -> list[Firing]:
        ids = [firing.schedule_id for firing in firings]
        query = select(schedules.c.id, schedules.c.last_tick_at).where(schedules.c.id.in_(ids), *IS_ACTIVE)
        held = {row.id: row.last_tick_at for row in self.connection.execute(query.with_for_update(skip_locked=True))}
        return [firing for firing in firings if held.get(firing.schedule_id) == firing.last_tick_at]

    def _kept(self, mine: Sequence[Firing]) -> dict[str, set[datetime | str]]:
        """Return the keys of the ticks that are to be decided and have a record already."""
        since = min((firing.last_tick_at for firing in mine), default=None)
        found: dict[str, set[datetime | str]] = {}
        if since is None:
            return found
        ids = [firing.schedule_id for firing in mine]
        causes = [planned.tick.cause for firing in mine for planned in firing.ticks if planned.tick.cause]
        newer = or_(and_(ticks.c.cause == "", ticks.c.scheduled_at > since), ticks.c.cause.in_(causes))
        query = select(ticks.c.schedule_id, ticks.c.scheduled_at, ticks.c.cause)
        for row in self.connection.execute(query.where(ticks.c.schedule_id.in_(ids), newer)):
            found.setdefault(row.schedule_id, set()).add(row.cause or row.scheduled_at)
        return found

    def _count_running(self, ids: Sequence[str], *, and_queued: bool = False) -> dict[str, int]:
        """Return the number of active runs of each schedule; with `and_queued`, ticks that wait for room count too."""
        counted = [TickStatus.RUNNING.value] + ([TickStatus.PENDING.value] if and_queued else [])
        mine = (ticks.c.schedule_id.in_(ids), ticks.c.status.in_(counted))
        query = select(ticks.c.schedule_id, func.count()).where(*mine).group_by(ticks.c.schedule_id)
        found: Any = self.connection.execute(query)
        return {row[0]: row[1] for row in found}

    def _cancellable(self, firing: Firing) -> Sequence[str]:
        """Return the runs of the schedule's ticks without a cancel request, oldest first; empty unless CANCEL_OLD."""
        if firing.rule.overlap is not Overlap.CANCEL_OLD:
            return ()
        query = (
            select(ticks.c.run_id)
            .join(runs, runs.c.run_id == ticks.c.run_id)
            .where(ticks.c.schedule_id == firing.schedule_id, ticks.c.status == TickStatus.RUNNING.value)
            .where(runs.c.cancel_requested_at.is_(None))
            .order_by(ticks.c.scheduled_at)
        )
        return self.connection.execute(query).scalars().all()

    def _cancel(self, decided: Sequence[Decided]) -> None:
        # in the order in which heartbeats renew, to avoid deadlocks
        for run_id in sorted(run_id for each in decided for run_id in each.cancelled):
            ask = update(runs).where(runs.c.run_id == run_id).values(cancel_requested_at=self.clock.sql())
            self.connection.execute(ask)

    def _insert(self, new: Sequence[NewRun], now: datetime, queue: RunQueue | None) -> None:
        if new:
            pairs = [(each.record, each.definition) for each in new]
            insert_runs(self.connection, pairs, self.lease, now, project=self.project, queue=queue)

    def _insert_ticks(self, records: Sequence[TickRecord]) -> None:
        if records:
            rows = [{**tick_row(record), "project": self.project} for record in records]
            self.connection.execute(_INSERT_TICKS, rows)
