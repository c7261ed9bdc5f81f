"""Schedules and their ticks as they are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from attrs import field, frozen

from spine.core.ids import new_id
from spine.framework.alerts.route import RoutedAlert
from spine.orchestration.records import RunRecord


class TickStatus(str, Enum):
    """What became of a tick; PENDING waits for room, the others but RUNNING are final."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    MISSED = "MISSED"


@frozen
class ScheduleRecord:
    """A schedule; `definition` is what was declared, `last_tick_at` the newest tick that is decided.

    `declared` ones come from `spine.toml`, the others from `spine schedules add`. `max_instances` 0 is any number.
    """

    name: str
    target_type: str
    target_name: str
    params: Mapping[str, Any]
    schedule_type: str
    timezone: str
    enabled: bool
    max_instances: int
    definition: Mapping[str, Any]
    declared: bool
    cron_expression: str | None = None
    interval_seconds: float | None = None
    run_at: datetime | None = None
    misfire_grace_seconds: float | None = None
    paused_at: datetime | None = None
    last_tick_at: datetime | None = None
    next_run_at: datetime | None = None
    last_run_at: datetime | None = None
    last_run_status: str | None = None
    id: str = field(factory=new_id)


@frozen
class TickRecord:
    """One tick of a schedule."""

    schedule_id: str
    schedule_name: str
    scheduled_at: datetime
    status: TickStatus
    run_id: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None
    skip_reason: str | None = None
    id: str = field(factory=new_id)


@frozen
class QueuedTick:
    """The oldest tick of `schedule` that waits for room, and whether there is some."""

    tick: TickRecord
    schedule: ScheduleRecord
    has_room: bool


@frozen
class NewRun:
    """A run that a tick starts, with the definition of its workflow."""

    record: RunRecord
    definition: Mapping[str, Any]


class Room(str, Enum):
    """What becomes of a tick that is to run, by how many runs of its schedule go on."""

    NOW = "now"
    SKIP = "skip"
    QUEUE = "queue"
    CANCEL_OLDEST = "cancel_oldest"


@frozen
class PlannedTick:
    """A tick, and the run that it starts if there is room."""

    tick: TickRecord
    run: NewRun | None = None


@frozen
class Firing:
    """What one schedule does now: its ticks after `last_tick_at` up to `newest_tick_at`, oldest first.

    `room` and `why_not` are asked, inside the transaction, with the number of runs that go on.
    """

    schedule_id: str
    last_tick_at: datetime
    newest_tick_at: datetime
    next_run_at: datetime | None
    ticks: Sequence[PlannedTick]
    room: Callable[[int], Room]
    why_not: Callable[[int], str]
    alerts: Sequence[RoutedAlert] = ()
