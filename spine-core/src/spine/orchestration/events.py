"""Events of runs and steps, for the history and for listeners, one class per type.

`payload` and `event_of` convert to and from the JSON form in `core_workflow_events`, whose keys are the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from attrs import field, fields, frozen

from spine.core.clock import utc_now
from spine.orchestration.status import WorkflowStatus


@frozen(kw_only=True)
class RunEvent:
    """Event of a run, at `timestamp` (UTC)."""

    event_type: ClassVar[str] = ""

    run_id: str
    step_id: str | None = None
    timestamp: datetime = field(factory=utc_now)

    @property
    def payload(self) -> dict[str, Any]:
        """Fields of the event's own class, as JSON values."""
        return {name: getattr(self, name) for name in _OWN_FIELDS[type(self)]}


@frozen(kw_only=True)
class RunBegan(RunEvent):
    """Start of a run's execution by a process: RunStarted, or RunResumed if it had been started before."""

    workflow: str = ""
    domain: str = ""
    params: Mapping[str, Any] = field(factory=dict)
    partition: Mapping[str, Any] = field(factory=dict)
    started_at: str = ""
    parent_run_id: str | None = None


@frozen(kw_only=True)
class RunStarted(RunBegan):
    """Start of a run."""

    event_type: ClassVar[str] = "run.started"


@frozen(kw_only=True)
class RunResumed(RunBegan):
    """Continuation of a run after an interruption or a wait."""

    event_type: ClassVar[str] = "run.resumed"


@frozen(kw_only=True)
class RunParked(RunEvent):
    """Stop of a run at the end of a step, to be resumed by any process."""

    event_type: ClassVar[str] = "run.parked"

    workflow: str


@frozen(kw_only=True)
class RunEnded(RunEvent):
    """End of a run with a final status."""

    status: WorkflowStatus
    workflow: str = ""
    domain: str = ""
    outcome: str | None = None
    duration_ms: int | None = None
    error: str | None = None
    error_step: str | None = None
    error_category: str | None = None
    error_retryable: bool | None = None
    parent_run_id: str | None = None
    partition: Mapping[str, Any] = field(factory=dict)

    @property
    def event_type(self) -> str:  # type: ignore[override]  # one class stands for `run.completed`, `run.failed`, ...
        """Type: `run.` and the status in lower case."""
        return f"run.{self.status.value}"

    @property
    def payload(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _OWN_FIELDS[RunEnded] if name != "status"}


@frozen(kw_only=True)
class StepEvent(RunEvent):
    """Event of one attempt of a step."""

    step: str
    attempt: int


@frozen(kw_only=True)
class StepStarted(StepEvent):
    """Start of an attempt."""

    event_type: ClassVar[str] = "step.started"

    step_type: str = ""


@frozen(kw_only=True)
class StepSkipped(StepEvent):
    """Skip of a step."""

    event_type: ClassVar[str] = "step.skipped"

    reason: str = ""


@frozen(kw_only=True)
class StepNoted(StepEvent):
    """Custom event reported by a step in `StepResult.events`."""

    event_type: ClassVar[str] = "step.note"

    note: Any


@frozen(kw_only=True)
class StepWaiting(StepEvent):
    """Start of a wait of a step, and so of its run, until a time."""

    event_type: ClassVar[str] = "step.waiting"

    wake_at: str


@frozen(kw_only=True)
class StepWoken(StepEvent):
    """End of a step's wait."""

    event_type: ClassVar[str] = "step.woken"


@frozen(kw_only=True)
class StepCancelled(StepEvent):
    """Interruption of an attempt."""

    event_type: ClassVar[str] = "step.cancelled"

    duration_ms: int | None = None

    @property
    def payload(self) -> dict[str, Any]:
        found = dict(super().payload)
        if self.duration_ms is None:  # as in events that were stored before it was recorded
            del found["duration_ms"]
        return found


@frozen(kw_only=True)
class ItemsCommitted(StepEvent):
    """Commit of items of a map step that ended between two times; it is not in the history."""

    event_type: ClassVar[str] = "step.items"

    items: int = 0
    failed: int = 0
    started_at: str = ""
    completed_at: str = ""


@frozen(kw_only=True)
class StepEnded(StepEvent):
    """End of an attempt without interruption: StepCompleted, StepFailed, or StepRetrying if another one follows."""

    duration_ms: int | None = None
    row_count: int | None = None
    reject_count: int = 0
    warning_count: int = 0

    @property
    def payload(self) -> dict[str, Any]:
        found = dict(super().payload)
        for name in ("reject_count", "warning_count"):  # as in events that were stored before they were counted
            if not found.get(name):
                found.pop(name, None)
        return found


@frozen(kw_only=True)
class StepCompleted(StepEnded):
    """Success of an attempt."""

    event_type: ClassVar[str] = "step.completed"


@frozen(kw_only=True)
class StepFailed(StepEnded):
    """Failure of the last attempt."""

    event_type: ClassVar[str] = "step.failed"

    error: str | None = None
    error_category: str | None = None


@frozen(kw_only=True)
class StepRetrying(StepFailed):
    """Failure of an attempt; the next one follows in `retry_in` seconds."""

    event_type: ClassVar[str] = "step.retrying"

    retry_in: float


_CLASSES: dict[str, type[RunEvent]] = {
    cls.event_type: cls
    for cls in (
        RunStarted,
        RunResumed,
        RunParked,
        StepStarted,
        StepSkipped,
        StepNoted,
        StepWaiting,
        StepWoken,
        StepCancelled,
        ItemsCommitted,
        StepCompleted,
        StepFailed,
        StepRetrying,
    )
}
_ENDS = {f"run.{status.value}": status for status in WorkflowStatus if status.has_ended}
EVENT_TYPES = (*_CLASSES, *_ENDS)


def event_of(
    event_type: str, payload: Mapping[str, Any], run_id: str, step_id: str | None, timestamp: datetime
) -> RunEvent:
    """Return the event of a row, without unknown keys of a newer Spine.

    Raises ValueError for an unknown type.
    """
    status = _ENDS.get(event_type)
    cls = RunEnded if status is not None else _CLASSES.get(event_type)
    if cls is None:
        raise ValueError(f"event type {event_type!r} is not known: a newer spine-core wrote it")
    known = {name: payload[name] for name in _OWN_FIELDS[cls] if name in payload}
    known |= {"status": status} if status is not None else {}
    return cls(run_id=run_id, step_id=step_id, timestamp=timestamp, **known)


_SHARED = {item.name for item in fields(RunEvent)}
_OWN_FIELDS = {
    cls: tuple(item.name for item in fields(cls) if item.name not in _SHARED) for cls in (*_CLASSES.values(), RunEnded)
}
