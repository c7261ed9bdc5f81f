"""Decisions inside the transaction that claims ticks: pure functions of the rows that the store read in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import define, evolve, field, frozen

from spine.framework.alerts.route import RoutedAlert
from spine.scheduling.firing import Firing, NewRun, PlannedTick
from spine.scheduling.overlap import Start
from spine.scheduling.tick import TickRecord, TickStatus


@frozen
class Decided:
    """The records of ticks to write, the runs to insert, the runs to cancel, and the alerts to raise."""

    ticks: Sequence[TickRecord]
    runs: Sequence[NewRun]
    cancelled: Sequence[str]
    alerts: Sequence[RoutedAlert] = ()


def decide(
    firing: Firing, running: int, cancellable: Sequence[str], now: datetime, busy: Collection[str] = ()
) -> Decided:
    """Return the decisions about the ticks of a firing.

    `running` counts the ticks of the schedule that run or wait for room; `cancellable` are the runs of its ticks
    without a cancel request, oldest first; `busy` are the locks of partitions that have an open run: a tick whose run
    needs one waits for it.
    """
    made = _Decision(firing, running, list(cancellable), now, busy)
    for planned in firing.ticks:
        made.take(planned)
    overflow = [firing.overflow] if made.is_overflow and firing.overflow is not None else []
    runs = [planned.run for planned in made.started if planned.run]
    return Decided(made.ticks, runs, made.cancelled, [*firing.alerts, *overflow])


def without(firing: Firing, kept: Collection[datetime | str]) -> Firing:
    """Return the firing without the ticks with the keys `kept`, which have a record."""
    if not kept:
        return firing
    return evolve(firing, ticks=[planned for planned in firing.ticks if planned.tick.key not in kept])


def start_queued(planned: PlannedTick, running: int, limit: int | None, now: datetime) -> TickRecord | None:
    """Return the record of a queued tick, started, or FAILED without a run; None before its time, or without room.

    A queued tick is before its time if it was decided while the clock was ahead.
    """
    if planned.tick.scheduled_at > now:
        return None
    if limit is not None and running >= limit:
        return None
    return started(planned, now) if planned.run is not None else evolve(planned.tick, completed_at=now)


def started(planned: PlannedTick, now: datetime) -> TickRecord:
    """Return the record of a tick whose run starts."""
    run_id = planned.run.record.run_id if planned.run else None
    return evolve(planned.tick, status=TickStatus.RUNNING, started_at=now, run_id=run_id)


@define
class _Decision:
    firing: Firing
    running: int
    cancellable: list[str]
    now: datetime
    busy: Collection[str]
    ticks: list[TickRecord] = field(factory=list)
    started: list[PlannedTick] = field(factory=list)
    cancelled: list[str] = field(factory=list)
    is_overflow: bool = False

    def take(self, planned: PlannedTick) -> None:
        if planned.run is None:
            self.ticks.append(planned.tick)
            return
        start = self.firing.rule.decide(self.running)
        if planned.tick.cause and self.firing.rule.is_queue_full(self.running):
            return  # another scheduler took the room: the occurrence waits where it is recorded
        if start is Start.SKIP:
            self._skip(planned)
        elif start is Start.QUEUE:
            self.ticks.append(evolve(planned.tick, status=TickStatus.PENDING))
        else:
            if start is Start.CANCEL_OLDEST:
                self._make_room()
            self.running += 1
            if self._is_busy(planned.run.record.partition_lock):
                self.ticks.append(evolve(planned.tick, status=TickStatus.PENDING))
                return
            self.ticks.append(started(planned, self.now))
            self.started.append(planned)

    def _is_busy(self, lock: str | None) -> bool:
        held = [planned.run.record.partition_lock for planned in self.started if planned.run]
        return lock is not None and (lock in self.busy or lock in held)

    def _skip(self, planned: PlannedTick, reason: str | None = None) -> None:
        self.is_overflow = self.is_overflow or self.firing.rule.is_queue_full(self.running)
        reason = reason or self.firing.rule.reason(self.running)
        late = planned.tick.skip_reason  # of one that was to be caught up
        reason = f"{late}, but {reason}" if late else reason
        self.ticks.append(evolve(planned.tick, status=TickStatus.SKIPPED, skip_reason=reason))

    def _make_room(self) -> None:
        """Cancel the oldest run; if none is left, replace the oldest tick of this firing with a newer one."""
        if self.cancellable:
            self.cancelled.append(self.cancellable.pop(0))
        elif self.started:
            oldest = self.started.pop(0)
            self.ticks = [tick for tick in self.ticks if tick.id != oldest.tick.id]
            self._skip(oldest, f"a newer tick took its place (overlap = {self.firing.rule.overlap.value})")
            self.running -= 1
