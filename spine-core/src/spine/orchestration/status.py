"""Where runs and steps stand. Values are lower case; tables, JSON and the terminal show the names."""

from __future__ import annotations

from enum import Enum


class WorkflowStatus(str, Enum):
    """Where a run stands; PARTIAL has failed steps that its workflow allowed to fail."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CRASHED = "crashed"

    @property
    def has_ended(self) -> bool:
        """Whether the run goes on only if somebody resumes it."""
        return self not in (WorkflowStatus.PENDING, WorkflowStatus.RUNNING, WorkflowStatus.WAITING)

    @property
    def is_good(self) -> bool:
        """Whether the run reached the end of its workflow."""
        return self in (WorkflowStatus.COMPLETED, WorkflowStatus.PARTIAL)


class StepStatus(str, Enum):
    """Where one attempt of a step stands."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
