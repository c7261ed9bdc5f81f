"""Firings: the requests of due schedules to a store, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.framework.alerts.route import RoutedAlert
from spine.orchestration.records import RunRecord
from spine.scheduling.overlap import OverlapRule
from spine.scheduling.tick import TickRecord

if TYPE_CHECKING:
    from spine.scheduling.record import ScheduleRecord


@frozen
class NewRun:
    """A run that a tick starts, with the definition of its workflow."""

    record: RunRecord
    definition: Mapping[str, Any]


@frozen
class PlannedTick:
    """A tick, and the run that it starts if there is room; `alert` is that of a queued tick which FAILED."""

    tick: TickRecord
    run: NewRun | None = None
    alert: RoutedAlert | None = None


@frozen
class Firing:
    """The ticks of one schedule after `last_tick_at` up to `newest_tick_at`, oldest first, and its overlap rule.

    `overflow` is the alert if its queue is full.
    """

    schedule_id: str
    last_tick_at: datetime
    newest_tick_at: datetime
    next_run_at: datetime | None
    ticks: Sequence[PlannedTick]
    rule: OverlapRule
    alerts: Sequence[RoutedAlert] = ()
    overflow: RoutedAlert | None = None

    @property
    def locks(self) -> list[str]:
        """The locks of partitions that its runs need."""
        found = [new.record.partition_lock for new in self.runs]
        return [lock for lock in found if lock is not None]

    @property
    def runs(self) -> list[NewRun]:
        """The runs of its ticks."""
        return [planned.run for planned in self.ticks if planned.run is not None]

    def is_ahead_of(self, now: datetime) -> bool:
        """Return True for one with a tick in the future: it was planned before the clock was put right."""
        return self.newest_tick_at > max(now, self.last_tick_at)


@frozen
class QueuedTick:
    """The oldest tick of `schedule` that waits for room, and a flag for room."""

    tick: TickRecord
    schedule: ScheduleRecord
    has_room: bool
