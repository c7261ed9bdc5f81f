"""Ticks of schedules in SQL: claimed together with the runs that they start, and ended together with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import evolve
from sqlalchemy import Connection, bindparam, func, insert, select, update

from spine.orchestration.lease import Lease
from spine.orchestration.records import RunRecord
from spine.orchestration.status import WorkflowStatus
from spine.storage.clock import StoreClock
from spine.storage.runs.rows import run_row
from spine.storage.schedules.records import Firing, NewRun, PlannedTick, Room, TickRecord, TickStatus
from spine.storage.schedules.rows import tick_row
from spine.storage.tables import definitions, runs, schedules
from spine.storage.tables import schedule_runs as ticks

_ADVANCE = (
    update(schedules)
    .where(schedules.c.id == bindparam("of_schedule"))
    .values(last_tick_at=bindparam("tick"), next_run_at=bindparam("next"))
)
_END_TICK = (
    update(ticks)
    .where(ticks.c.run_id == bindparam("of_run"))
    .values({name: bindparam(name) for name in ("status", "completed_at", "error")})
)
_NOTE_LAST = (
    update(schedules)
    .where(schedules.c.id == bindparam("of_schedule"))
    .values({name: bindparam(name) for name in ("last_run_at", "last_run_status")})
)


class Claim:
    """Decides what starts, inside one transaction that no other scheduler decides the same in."""

    def __init__(self, connection: Connection, clock: StoreClock, lease: Lease) -> None:
        self._connection = connection
        self._clock = clock
        self._lease = lease
        self._now = clock.read(connection)
        self._ticks: list[TickRecord] = []
        self._runs: list[NewRun] = []
        self._cancelled: list[str] = []

    def fire(self, firings: Sequence[Firing]) -> list[Firing]:
        """Write the ticks of the schedules that no other scheduler holds or has decided, and return those."""
        mine = self._locked(firings)
        running = count_running(self._connection, [firing.schedule_id for firing in mine], and_queued=True)
        for firing in mine:
            self._decide(firing, running.get(firing.schedule_id, 0))
        self._write()
        if mine:
            moves = [
                {"of_schedule": firing.schedule_id, "tick": firing.newest_tick_at, "next": firing.next_run_at}
                for firing in mine
            ]
            self._connection.execute(_ADVANCE, moves)
        return mine

    def start(self, planned: PlannedTick) -> None:
        """Write a tick and start its run, whatever else goes on."""
        assert planned.run is not None
        self._ticks.append(_started(planned, self._now))
        self._runs.append(planned.run)
        self._write()

    @property
    def run_ids(self) -> list[str]:
        """The runs that were started."""
        return [new.record.run_id for new in self._runs]

    def start_queued(self, planned: PlannedTick, limit: int | None) -> str | None:
        """Start a tick that waited, if there is room by now; None if there is none, or somebody else started it.

        Without a run, the tick ends as FAILED, and None is returned.
        """
        tick, run = planned.tick, planned.run
        lock = select(schedules.c.paused_at).where(schedules.c.id == tick.schedule_id).with_for_update()
        schedule = self._connection.execute(lock).one_or_none()
        if schedule is None or schedule.paused_at is not None:
            return None
        running = count_running(self._connection, [tick.schedule_id]).get(tick.schedule_id, 0)
        waits = select(ticks.c.id).where(ticks.c.id == tick.id, ticks.c.status == TickStatus.PENDING.value)
        if (limit is not None and running >= limit) or self._connection.execute(waits).first() is None:
            return None
        if run is None:
            failed = {"status": tick.status.value, "error": tick.error, "completed_at": self._now}
            self._connection.execute(update(ticks).where(ticks.c.id == tick.id).values(failed))
            return None
        self._runs.append(run)
        self._write()
        started = {"status": TickStatus.RUNNING.value, "started_at": self._now, "run_id": run.record.run_id}
        self._connection.execute(update(ticks).where(ticks.c.id == tick.id).values(started))
        return run.record.run_id

    def _locked(self, firings: Sequence[Firing]) -> list[Firing]:
        ids = [firing.schedule_id for firing in firings]
        query = select(schedules.c.id, schedules.c.last_tick_at).where(
            schedules.c.id.in_(ids), schedules.c.enabled, schedules.c.paused_at.is_(None)
        )
        held = {row.id: row.last_tick_at for row in self._connection.execute(query.with_for_update(skip_locked=True))}
        return [firing for firing in firings if held.get(firing.schedule_id) == firing.last_tick_at]

    def _decide(self, firing: Firing, running: int) -> None:
        mine: list[PlannedTick] = []
        for planned in firing.ticks:
            if planned.run is None:
                self._ticks.append(planned.tick)
                continue
            room = firing.room(running)
            if room is Room.SKIP:
                why = firing.why_not(running)
                self._ticks.append(evolve(planned.tick, status=TickStatus.SKIPPED, skip_reason=why))
            elif room is Room.QUEUE:
                self._ticks.append(evolve(planned.tick, status=TickStatus.PENDING))
            else:
                if room is Room.CANCEL_OLDEST and not self._cancel_oldest(firing.schedule_id) and mine:
                    self._withdraw(mine.pop(0), firing.why_not(running))
                    running -= 1
                self._ticks.append(_started(planned, self._now))
                self._runs.append(planned.run)
                mine.append(planned)
                running += 1

    def _withdraw(self, planned: PlannedTick, why: str) -> None:
        """Let a tick of this transaction make way for a newer one."""
        self._runs = [new for new in self._runs if new is not planned.run]
        self._ticks = [tick for tick in self._ticks if tick.id != planned.tick.id]
        self._ticks.append(evolve(planned.tick, status=TickStatus.SKIPPED, skip_reason=why))

    def _cancel_oldest(self, schedule_id: str) -> bool:
        oldest = (
            select(ticks.c.run_id)
            .join(runs, runs.c.run_id == ticks.c.run_id)
            .where(ticks.c.schedule_id == schedule_id, ticks.c.status == TickStatus.RUNNING.value)
            .where(runs.c.cancel_requested_at.is_(None), runs.c.run_id.not_in(self._cancelled))
            .order_by(ticks.c.scheduled_at)
            .limit(1)
        )
        found = self._connection.execute(oldest).scalars().all()
        self._cancelled += found
        return bool(found)

    def _write(self) -> None:
        for run_id in sorted(self._cancelled):  # in the order in which heartbeats renew: nobody waits for one another
            ask = update(runs).where(runs.c.run_id == run_id).values(cancel_requested_at=self._clock.sql())
            self._connection.execute(ask)
        if self._runs:
            self._write_definitions()
            lease = {
                "lease_owner": self._lease.owner,
                "lease_expires_at": self._clock.sql(self._lease.seconds),
                "created_at": self._now,
            }
            self._connection.execute(insert(runs).values(lease), [run_row(new.record) for new in self._runs])
        if self._ticks:
            self._connection.execute(insert(ticks), [tick_row(tick) for tick in self._ticks])

    def _write_definitions(self) -> None:
        given = {new.record.definition_hash: new.definition for new in self._runs}
        query = select(definitions.c.definition_hash).where(definitions.c.definition_hash.in_(given))
        known = set(self._connection.execute(query).scalars())
        rows = [
            {"definition_hash": key, "definition": definition, "created_at": self._now}
            for key, definition in given.items()
            if key not in known
        ]
        if rows:
            self._connection.execute(insert(definitions), rows)


def end_tick(connection: Connection, run: RunRecord, now: datetime) -> None:
    """Write down, in the transaction of a run's end, what became of the tick that started it.

    It comes first in that transaction: whoever starts ticks, too, locks the schedule before any run.
    """
    status = TickStatus.COMPLETED if run.status.is_good else TickStatus.FAILED
    error = run.error if run.status is not WorkflowStatus.CANCELLED else run.error or "the run was cancelled"
    last = {"of_schedule": run.schedule_id, "last_run_at": run.started_at, "last_run_status": run.status.name}
    connection.execute(_NOTE_LAST, last)
    ended = {"of_run": run.run_id, "status": status.value, "completed_at": now, "error": error}
    connection.execute(_END_TICK, ended)


def count_running(connection: Connection, ids: Sequence[str], *, and_queued: bool = False) -> dict[str, int]:
    """Return how many runs of each schedule go on; with `and_queued`, what waits for room counts too."""
    counted = [TickStatus.RUNNING.value] + ([TickStatus.PENDING.value] if and_queued else [])
    query = select(ticks.c.schedule_id, func.count()).where(ticks.c.schedule_id.in_(ids), ticks.c.status.in_(counted))
    found: Any = connection.execute(query.group_by(ticks.c.schedule_id))
    return {row[0]: row[1] for row in found}


def _started(planned: PlannedTick, now: datetime) -> TickRecord:
    assert planned.run is not None
    return evolve(planned.tick, status=TickStatus.RUNNING, started_at=now, run_id=planned.run.record.run_id)
