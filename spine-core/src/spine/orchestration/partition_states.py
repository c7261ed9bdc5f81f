"""State of a partition: that of its last run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import frozen

from spine.orchestration.status import WorkflowStatus


class PartitionState(str, Enum):
    """State of a partition. FAILED also stands for cancelled and crashed runs, STALE for a run of another version."""

    COMPLETED = "completed"
    UNCHANGED = "unchanged"
    STALE = "stale"
    FAILED = "failed"
    RUNNING = "running"
    MISSING = "missing"

    @property
    def is_done(self) -> bool:
        """True if the last run completed, and was of the declared version."""
        return self in (PartitionState.COMPLETED, PartitionState.UNCHANGED)


@frozen
class LastRun:
    """The last run of a partition."""

    partition: Mapping[str, str]
    run_id: str
    status: WorkflowStatus
    outcome: str | None
    workflow_version: int
    started_at: datetime | None
    completed_at: datetime | None


def run_state(status: WorkflowStatus, outcome: str | None) -> PartitionState:
    """Return the state of a partition with such a last run."""
    if status.is_open:
        return PartitionState.RUNNING
    if not status.is_good:
        return PartitionState.FAILED
    return PartitionState.UNCHANGED if outcome == "unchanged" else PartitionState.COMPLETED


def state_of(run: LastRun | None, version: int) -> PartitionState:
    """Return the state of a partition whose workflow is declared with that version."""
    if run is None:
        return PartitionState.MISSING
    found = run_state(run.status, run.outcome)
    return PartitionState.STALE if found.is_done and run.workflow_version != version else found
