"""Ticks: the moments of a schedule, the decision about each, and their records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import asdict, field, frozen

from spine.core.clock import utc_now
from spine.core.ids import new_id
from spine.orchestration.status import WorkflowStatus

if TYPE_CHECKING:
    from spine.orchestration.records import RunRecord


class Decision(str, Enum):
    """The decision about a tick."""

    RUN = "RUN"
    SKIPPED = "SKIPPED"
    MISSED = "MISSED"


@frozen
class Tick:
    """One moment of a schedule, in UTC, with its decision and reason; a tick that runs on time needs no reason.

    A MISSED one may stand for `count` ticks from then on.
    """

    scheduled_at: datetime
    decision: Decision
    reason: str = ""
    count: int = 1


class TickStatus(str, Enum):
    """The state of a tick; PENDING waits for room."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    SKIPPED = "SKIPPED"
    MISSED = "MISSED"

    @property
    def is_open(self) -> bool:
        """True if the tick is not final: it waits for room, or its run is active."""
        return self in (TickStatus.PENDING, TickStatus.RUNNING)


WITHOUT_RUN = (TickStatus.PENDING, TickStatus.SKIPPED, TickStatus.MISSED)


@frozen
class TickRecord:
    """Stored tick of a schedule. One of an occurrence has its `cause`, and the `facts` of Occurrence.to_dict."""

    schedule_id: str
    schedule_name: str
    scheduled_at: datetime
    status: TickStatus
    run_id: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None
    skip_reason: str | None = None
    cause: str = ""
    facts: Mapping[str, Any] = field(factory=dict)
    id: str = field(factory=new_id)

    @property
    def key(self) -> datetime | str:
        """Identity of the tick within its schedule: its cause, or its time."""
        return self.cause or self.scheduled_at


@frozen
class TickDecided:
    """A tick was decided: its run started, or it waits, was skipped or missed, or failed."""

    event_type: ClassVar[str] = "tick.decided"

    tick: TickRecord
    timestamp: datetime = field(factory=utc_now)

    @property
    def payload(self) -> Mapping[str, Any]:
        return {**asdict(self.tick), "status": self.tick.status.value}


def end_of_tick(run: RunRecord) -> tuple[TickStatus, str | None]:
    """Return the final status and the error of the tick whose run has ended."""
    if run.status.is_good:
        return TickStatus.COMPLETED, run.error
    if run.status is WorkflowStatus.CANCELLED:
        return TickStatus.CANCELLED, run.error or "the run was cancelled"
    return TickStatus.FAILED, run.error
