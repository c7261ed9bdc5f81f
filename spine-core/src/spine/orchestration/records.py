"""Records of a run store: runs, attempts of steps, items of maps and logs. Times are aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from spine.core.errors import WorkflowError
from spine.framework.alerts.route import RoutedAlert
from spine.framework.staged import Staged
from spine.orchestration.events import RunEvent
from spine.orchestration.lease import is_gone
from spine.orchestration.resumption import NO_TRANSITION, ExecutionState, Transition
from spine.orchestration.status import StepStatus, WorkflowStatus


class UnknownRunError(WorkflowError):
    """No run has that id, or several ids start with it."""

    exit_code = 2


@frozen
class RunRecord:
    """One run. `outcome` refines a status (`unchanged`); the step counts are of the workflow's steps, not attempts.

    `fence` grows each time a process takes the run over; only its owner, who knows it, can commit. `execution` holds
    what else a resumed run needs to know of its start.
    """

    run_id: str
    workflow_name: str
    workflow_version: int
    domain: str
    partition: Mapping[str, Any]
    status: WorkflowStatus
    started_at: datetime
    params: Mapping[str, Any]
    definition_hash: str
    total_steps: int
    triggered_by: str
    outcome: str | None = None
    completed_at: datetime | None = None
    outputs: Mapping[str, Any] = field(factory=dict)
    error: str | None = None
    error_step: str | None = None
    error_category: str | None = None
    error_retryable: bool | None = None
    error_type: str | None = None
    completed_steps: int = 0
    failed_steps: int = 0
    skipped_steps: int = 0
    parent_run_id: str | None = None
    schedule_id: str | None = None
    idempotency_key: str | None = None
    execution: ExecutionState = field(factory=ExecutionState)
    wake_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    lease_owner: str | None = None
    lease_expires_at: datetime | None = None
    fence: int = 0

    @property
    def duration_ms(self) -> int | None:
        return _milliseconds(self.started_at, self.completed_at)

    @property
    def is_prepared(self) -> bool:
        """Whether no process has begun with the run: it is kept for later."""
        return self.status is WorkflowStatus.PENDING and self.fence == 0

    def is_held(self, now: datetime) -> bool:
        """Whether a process has the lease at `now`, as far as can be known: one of this host that is gone has none."""
        if self.lease_owner is None or self.lease_expires_at is None or is_gone(self.lease_owner):
            return False
        return self.lease_expires_at > now


@frozen
class StepRecord:
    """One attempt of a step; `attempt` counts from 1, and is 0 for a step that the run never came to.

    `sequence` is its place in the order in which the run's attempts started. `first_attempt` is that of the same visit
    to the step: retries and resumptions share it, a jump back begins another. `transition` is what the run does next
    because of it: see `spine.orchestration.engine.replay`. `failure` is that of `spine.core.failure`, as JSON values.
    """

    step_id: str
    run_id: str
    step_name: str
    step_type: str
    step_order: int
    attempt: int
    max_attempts: int
    status: StepStatus
    started_at: datetime | None = None
    completed_at: datetime | None = None
    params: Mapping[str, Any] = field(factory=dict)
    outputs: Mapping[str, Any] = field(factory=dict)
    error: str | None = None
    error_category: str | None = None
    error_type: str | None = None
    failure: Mapping[str, Any] | None = None
    row_count: int | None = None
    metrics: Mapping[str, Any] = field(factory=dict)
    first_attempt: int = 1
    sequence: int = 0
    transition: Transition = NO_TRANSITION

    @property
    def duration_ms(self) -> int | None:
        return _milliseconds(self.started_at, self.completed_at)


@frozen
class ItemRecord:
    """How one item of a map ended; `item_index` counts from 0 in the order of the input."""

    item_index: int
    status: StepStatus
    attempt: int
    started_at: datetime
    completed_at: datetime
    output: Any = None
    error: str | None = None
    error_category: str | None = None
    error_retryable: bool | None = None
    error_type: str | None = None
    failure: Mapping[str, Any] | None = None


@frozen
class ItemBatch:
    """Items of one visit to a map step."""

    step_name: str
    first_attempt: int
    items: Sequence[ItemRecord]


@frozen
class LogRecord:
    """One line that a step's code logged."""

    run_id: str
    step_name: str | None
    attempt: int | None
    timestamp: datetime
    level: str
    logger: str
    message: str


@frozen
class Batch:
    """Changes of one run that are committed together, or not at all, and only while `fence` is the run's.

    `removed` are the `step_id`s of steps that the run had ended without, before it was resumed.
    """

    run_id: str
    fence: int
    run: RunRecord | None = None
    steps: Sequence[StepRecord] = ()
    items: ItemBatch | None = None
    events: Sequence[RunEvent] = ()
    staged: Sequence[Staged] = ()
    alerts: Sequence[RoutedAlert] = ()
    removed: Sequence[str] = ()


def _milliseconds(start: datetime | None, end: datetime | None) -> int | None:
    return round((end - start).total_seconds() * 1000) if start and end else None
