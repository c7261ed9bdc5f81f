"""What a run store keeps: runs, attempts of steps, and events. Times are aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from spine.core.clock import utc_now
from spine.framework.captures import Capture
from spine.framework.rejects import Reject
from spine.orchestration.status import StepStatus, WorkflowStatus


@frozen
class RunRecord:
    """One run. `outcome` refines a status (`unchanged`); the step counts are of the workflow's steps, not attempts."""

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
    completed_steps: int = 0
    failed_steps: int = 0
    skipped_steps: int = 0

    @property
    def duration_ms(self) -> int | None:
        return _milliseconds(self.started_at, self.completed_at)


@frozen
class StepRecord:
    """One attempt of a step; `attempt` counts from 1, and is 0 for a step that was skipped."""

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
    row_count: int | None = None
    metrics: Mapping[str, Any] = field(factory=dict)

    @property
    def duration_ms(self) -> int | None:
        return _milliseconds(self.started_at, self.completed_at)


@frozen
class RunEvent:
    """Something that happened in a run, as its history and its listeners see it."""

    run_id: str
    event_type: str
    step_id: str | None = None
    timestamp: datetime = field(factory=utc_now)
    payload: Mapping[str, Any] = field(factory=dict)


@frozen
class Batch:
    """Changes of one run that are committed together, or not at all."""

    run_id: str
    run: RunRecord | None = None
    steps: Sequence[StepRecord] = ()
    events: Sequence[RunEvent] = ()
    staged: Sequence[Capture | Reject] = ()


def _milliseconds(start: datetime | None, end: datetime | None) -> int | None:
    return round((end - start).total_seconds() * 1000) if start and end else None
