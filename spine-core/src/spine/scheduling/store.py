"""The port of schedules: storage of schedules and ticks, and claims of ticks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from spine.core.errors import ConfigError, DatabaseError
from spine.framework.alerts.route import RoutedAlert
from spine.orchestration.lease import Lease
from spine.scheduling.firing import Firing, NewRun, PlannedTick, QueuedTick
from spine.scheduling.record import ScheduleRecord
from spine.scheduling.tick import TickRecord


class UnknownScheduleError(ConfigError):
    """No schedule has that name."""


class StoreGoneError(DatabaseError):
    """The store was deleted or replaced under this process, which cannot go on with it."""


class ScheduleStore(Protocol):
    """Keeps schedules and ticks. Any number of schedulers may work on one store: each tick is decided once."""

    def now(self) -> datetime:
        """Return the store's time, in UTC."""
        ...

    def sync(self, declared: Sequence[ScheduleRecord]) -> None:
        """Store the schedules of `spine.toml`; what changes is what `reconcile` says."""
        ...

    def add(self, record: ScheduleRecord) -> None:
        """Add a schedule that counts from now, or bring back one that is gone; ConfigError if the name is taken."""
        ...

    def remove(self, name: str) -> None:
        """Mark an added schedule as gone; its ticks stay. ConfigError for one that `spine.toml` declares."""
        ...

    def get(self, name: str) -> ScheduleRecord:
        """Return the schedule of that name; UnknownScheduleError, with the closest, if there is none."""
        ...

    def list_schedules(self) -> list[ScheduleRecord]:
        """Return every schedule by name, also those that are gone."""
        ...

    def due(self, now: datetime, limit: int, after: ScheduleRecord | None = None) -> list[ScheduleRecord]:
        """Return schedules that have a tick at `now` or before, the most overdue first; those behind `after`."""
        ...

    def next_due(self, without: Collection[str] = ()) -> datetime | None:
        """Return the time of the next tick of any schedule, except those with the ids `without`."""
        ...

    def ahead(self) -> list[ScheduleRecord]:
        """Return the active schedules whose last tick is in the future by more than a minute: the clock was ahead."""
        ...

    def recount(self, record: ScheduleRecord, alert: RoutedAlert | None) -> bool:
        """Let a schedule count from its newest tick that is not in the future, or from now if it has none.

        Raises `alert`, and deletes future ticks that had no run; one that had a run is not started again. False if the
        schedule has changed since it was read.
        """
        ...

    def fire(self, firings: Sequence[Firing], lease: Lease) -> list[str]:
        """Decide ticks and start their runs under `lease`, in one transaction; return the runs to execute here.

        A schedule that another scheduler is deciding or has decided is skipped, and so are a tick that has a record,
        as a clock that was ahead decided it, and a firing with a tick in the future, as the clock was put right since.
        """
        ...

    def queued(self, limit: int) -> list[QueuedTick]:
        """Return the oldest tick of each schedule that waits for room, those with room first.

        Paused schedules are skipped. There is no room before a tick's time, as when the clock was ahead.
        """
        ...

    def waiting(self, schedule_id: str, limit: int) -> list[TickRecord]:
        """Return the oldest ticks of a schedule that wait, and whose time has come, in their order."""
        ...

    def start_queued(self, planned: PlannedTick, limit: int | None, lease: Lease) -> str | None:
        """Start a queued tick, and return the id of its run.

        None if there is no room, if another scheduler has started it, or if it FAILED without a run.
        """
        ...

    def trigger(self, record: ScheduleRecord, run: NewRun, scheduled_at: datetime, lease: Lease) -> None:
        """Record a run that is started by hand under `lease`, as a tick at `scheduled_at`."""
        ...

    def begin_call(self, schedule_id: str, process: str) -> int:
        """Record that a process calls project code for a schedule.

        Return the number of processes that ended in such a call in the last day, since one has returned.
        """
        ...

    def end_calls(self, schedule_id: str) -> None:
        """Forget the calls for a schedule, as one has returned."""
        ...

    def pause(self, name: str) -> ScheduleRecord:
        """Pause a schedule until `resume`."""
        ...

    def resume(self, name: str, next_run_at: datetime | None) -> ScheduleRecord:
        """Resume a schedule from now, and forget its calls; the ticks of the pause do not run."""
        ...

    def history(self, name: str | None = None, *, limit: int = 20) -> list[TickRecord]:
        """Return the newest ticks first, of one schedule or of all."""
        ...
