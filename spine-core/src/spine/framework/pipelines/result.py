"""Result of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from attrs import define, field

from spine.core.clock import utc_now
from spine.core.result import Outcome


class PipelineStatus(str, Enum):
    """Status of an execution of a pipeline."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@define
class PipelineResult(Outcome):
    """Status and times of an execution, and its `metrics`: JSON values that later steps see as its output.

    `outcome` is `unchanged` when there was nothing new to do, with the reason under `metrics["reason"]`.
    """

    status: PipelineStatus = field(converter=PipelineStatus)
    started_at: datetime
    completed_at: datetime | None = None
    error: str | None = None
    metrics: dict[str, Any] = field(factory=dict)
    outcome: str | None = None

    @property
    def duration_seconds(self) -> float | None:
        """Seconds from start to completion, None while it runs."""
        return (self.completed_at - self.started_at).total_seconds() if self.completed_at else None

    @classmethod
    def completed(cls, started_at: datetime, metrics: Mapping[str, Any] | None = None) -> PipelineResult:
        """Return the result of a pipeline that started at `started_at` and has just completed."""
        return cls(PipelineStatus.COMPLETED, started_at, utc_now(), metrics=dict(metrics or {}))

    @classmethod
    def unchanged(cls, reason: str, metrics: Mapping[str, Any] | None = None) -> PipelineResult:
        """Return a result for "nothing new": the run ends COMPLETED and its later steps are skipped."""
        now = utc_now()
        found = {**(metrics or {}), "reason": reason}
        return cls(PipelineStatus.COMPLETED, now, now, metrics=found, outcome="unchanged")
