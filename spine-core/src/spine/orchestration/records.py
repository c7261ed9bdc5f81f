"""Records of a run store: runs, attempts of steps, items of maps and logs. Times are aware and in UTC."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from spine.core.errors import WorkflowError
from spine.framework.alerts.route import RoutedAlert
from spine.framework.staged import Staged
from spine.orchestration.events import RunEvent
from spine.orchestration.lease import Lease, NotTakenError, PartitionBusyError, is_lease_held
from spine.orchestration.resumption import NO_TRANSITION, ExecutionState, Transition
from spine.orchestration.status import StepStatus, WorkflowStatus

DEFAULT_QUEUE = "default"

LEASE_FIELDS = ("lease_owner", "lease_expires_at", "fence", "cancel_requested_at", "park_requested_at")
"""The fields of a run that only the store sets: writing a run does not change them."""


class UnknownRunError(WorkflowError):
    """No run has that id or part of an id, or several do."""

    exit_code = 2


@frozen
class RunRecord:
    """Run. `outcome` refines the status (`unchanged`); the step counts are of the workflow's steps, not attempts.

    `fence` increases each time a process takes over the run; only a commit with the current fence succeeds.
    `execution` holds the other state of its start that a resumed run needs. `partition_lock` is the lock that it holds
    while it is open, if its workflow declares partitions. `queue` and `priority` are for workers of other machines.
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
    partition_lock: str | None = None
    backfill_id: str | None = None
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    park_requested_at: datetime | None = None

    @property
    def duration_ms(self) -> int | None:
        return _milliseconds(self.started_at, self.completed_at)

    @property
    def is_prepared(self) -> bool:
        """True if the run is prepared and no process has started it."""
        return self.status is WorkflowStatus.PENDING and self.fence == 0

    @property
    def is_asked(self) -> bool:
        """True if the run is asked to end or to park."""
        return self.cancel_requested_at is not None or self.park_requested_at is not None

    def is_held(self, now: datetime) -> bool:
        """Return True if a process holds the lease at `now`; see `is_lease_held`."""
        return is_lease_held(self.lease_owner, self.lease_expires_at, now)


def partition_text(partition: Mapping[str, Any]) -> str:
    """Return a partition as text, such as `day=2026-01-05`."""
    return ", ".join(f"{name}={value}" for name, value in partition.items())


def not_taken(run: RunRecord) -> NotTakenError:
    """Return the error of a prepared run that has changed since it was read."""
    return NotTakenError(f"run {run.run_id} has changed since it was read")


def partition_busy(run: RunRecord, holder: str) -> PartitionBusyError:
    """Return the error of a run that cannot be open, since the run `holder` of its partition is."""
    return PartitionBusyError(
        f"workflow {run.workflow_name!r}: run {holder} of partition {partition_text(run.partition)} has not ended: "
        f"wait for it, or see spine runs show {holder}",
        run_id=holder,
    )


@frozen
class StepRecord:
    """Attempt of a step; `attempt` counts from 1, and is 0 for a step that the run never reached.

    `sequence` is its position in the start order of the run's attempts. `first_attempt` is the first one of the same
    visit to the step: retries and resumptions share it, a jump back starts another visit. `transition` is its effect on
    the run: see `spine.orchestration.engine.replay`. `failure` is that of `spine.core.failure`, as JSON values.
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

    @property
    def is_paused(self) -> bool:
        """True if the attempt has not begun: it waits for the pause after the one before."""
        return self.status is StepStatus.WAITING and self.transition.wait_state is None


@frozen
class ItemRecord:
    """Result of one item of a map; `item_index` counts from 0 in the order of the input, `item_key` identifies it.

    `item` is the text of one that failed, for a reader.
    """

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
    item_key: str | None = None
    item: str | None = None


@frozen
class ItemProgress:
    """Progress of a map step: items that ended, those of them that failed, and all; None if that is not known yet.

    `earlier` is the number of those that had completed before this attempt.
    """

    done: int
    failed: int
    total: int | None
    earlier: int = 0


@frozen
class ItemBatch:
    """Items of one visit to a map step, in place of all those from position `replaced_from` on unless it is None.

    `progress` is written to the record `step_id` of the attempt that runs.
    """

    step_name: str
    first_attempt: int
    items: Sequence[ItemRecord]
    replaced_from: int | None = None
    step_id: str | None = None
    progress: ItemProgress | None = None


@frozen
class ItemResult:
    """Result of an item of a map: its output, or its error."""

    item_index: int
    output: Any
    error: str | None


@frozen
class LogRecord:
    """Line logged by a step's code."""

    run_id: str
    step_name: str | None
    attempt: int | None
    timestamp: datetime
    level: str
    logger: str
    message: str


@frozen
class Opening:
    """Start of a run under a lease.

    A new run has a `definition`, which returns that of its workflow for a store that has none of it. A prepared one is
    `taken_from` the holder of its lease; the commit raises NotTakenError if it has changed since it was read.
    """

    lease: Lease
    definition: Callable[[], Mapping[str, Any]] | None = None
    taken_from: str | None = None


@frozen
class Batch:
    """Changes of one run that are committed in one transaction, and only while `fence` is the run's.

    With `opening`, `run` starts. `removed` are the `step_id`s of steps that were recorded as never reached before the
    run was resumed.
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
    logs: Sequence[LogRecord] = ()
    opening: Opening | None = None

    @property
    def is_of_new_run(self) -> bool:
        """True if the store has no such run yet."""
        return self.opening is not None and self.opening.definition is not None


def _milliseconds(start: datetime | None, end: datetime | None) -> int | None:
    return round((end - start).total_seconds() * 1000) if start and end else None
