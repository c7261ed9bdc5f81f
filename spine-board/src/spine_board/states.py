"""States that a page asks about, by their names: those of core's enums."""

from __future__ import annotations

from spine.framework.alerts.outbox import DeliveryStatus
from spine.framework.sources.fetches import FetchStatus
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.scheduling.tick import TickStatus

OF_RUNS = tuple(WorkflowStatus.__members__)
OPEN = frozenset(status.name for status in WorkflowStatus if status.is_open)
TO_RESUME = frozenset(status.name for status in WorkflowStatus if status.needs_resume)
FAILED = frozenset(status.name for status in WorkflowStatus if status.has_failed)
GOOD = frozenset(status.name for status in WorkflowStatus if status.is_good) | {StepStatus.SKIPPED.name}
GOOD_FETCHES = frozenset(status.name for status in FetchStatus if status.is_good)
UNSENT = tuple(status.name for status in DeliveryStatus if status.is_open or status is DeliveryStatus.FAILED)
LATE = tuple(
    status.name for status in TickStatus if not status.is_open and status is not TickStatus.COMPLETED
)  # ticks that did not end as they should
