"""Status of runs and steps. Values are lower case; tables, JSON and the terminal show the names."""

from __future__ import annotations

from enum import Enum


class WorkflowStatus(str, Enum):
    """Status of a run; PARTIAL has failed steps that its workflow allowed to fail."""

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
        """True if the run continues without a request: it is prepared, runs, or waits for a time."""
        return self in (WorkflowStatus.PENDING, WorkflowStatus.RUNNING, WorkflowStatus.WAITING)

    @property
    def has_ended(self) -> bool:
        """True if the run continues only when it is resumed."""
        return not self.is_open

    @property
    def is_good(self) -> bool:
        """True if the run reached the end of its workflow."""
        return self in (WorkflowStatus.COMPLETED, WorkflowStatus.PARTIAL)

    @property
    def has_failed(self) -> bool:
        """True if the run ended with the error of a step or the death of its process; it was not cancelled."""
        return self in (WorkflowStatus.FAILED, WorkflowStatus.CRASHED)

    @property
    def needs_resume(self) -> bool:
        """True if the run stopped before the end of its workflow; `spine runs resume` continues it."""
        return self is WorkflowStatus.PENDING or (self.has_ended and not self.is_good)


class StepStatus(str, Enum):
    """Status of one attempt of a step."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """True if the attempt has started and has no result yet."""
        return self in (StepStatus.RUNNING, StepStatus.WAITING)
