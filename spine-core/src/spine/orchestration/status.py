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
    def is_open(self) -> bool:
        """The run goes on by itself: it is prepared, runs, or waits for a time."""
        return self in (WorkflowStatus.PENDING, WorkflowStatus.RUNNING, WorkflowStatus.WAITING)

    @property
    def has_ended(self) -> bool:
        """The run goes on only when it is resumed."""
        return not self.is_open

    @property
    def is_good(self) -> bool:
        """The run reached the end of its workflow."""
        return self in (WorkflowStatus.COMPLETED, WorkflowStatus.PARTIAL)

    @property
    def has_failed(self) -> bool:
        """The run ended with an error of a step, or with the death of its process; it was not cancelled."""
        return self in (WorkflowStatus.FAILED, WorkflowStatus.CRASHED)

    @property
    def needs_resume(self) -> bool:
        """The run stopped before the end of its workflow, and `spine runs resume` goes on with it."""
        return self is WorkflowStatus.PENDING or (self.has_ended and not self.is_good)


class StepStatus(str, Enum):
    """Where one attempt of a step stands."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """The attempt has begun and has no result yet."""
        return self in (StepStatus.RUNNING, StepStatus.WAITING)
