"""The state that a resumed run needs: how it began, and where each attempt led it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen


@frozen
class ResumePoint:
    """The step that a run was resumed from by name, and the sequence number of the first attempt after that."""

    step: str
    sequence: int


@frozen
class ExecutionState:
    """How a run began and how often its process died.

    `context` is `WorkflowContext.execution`, `metadata` and `outputs` those that the run began with, `start_from` the
    first step of a run that does not begin with the first one. `crashes` counts the processes that died.
    """

    context: Mapping[str, Any] = field(factory=dict)
    metadata: Mapping[str, Any] = field(factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    start_from: str | None = None
    resumed_from: ResumePoint | None = None
    crashes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, without what is not set."""
        point = self.resumed_from
        found = {
            "context": dict(self.context),
            "metadata": dict(self.metadata),
            "outputs": {step: dict(output) for step, output in self.outputs.items()},
            "start_from": self.start_from,
            "resumed_from": {"step": point.step, "sequence": point.sequence} if point else None,
            "crashes": self.crashes,
        }
        return {key: value for key, value in found.items() if value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ExecutionState:
        """Return the state that `to_dict` described."""
        point = data.get("resumed_from")
        return cls(
            data.get("context", {}),
            data.get("metadata", {}),
            data.get("outputs", {}),
            data.get("start_from"),
            ResumePoint(point["step"], point["sequence"]) if point else None,
            data.get("crashes", 0),
        )


@frozen
class Transition:
    """Where a run goes because of an attempt: what a replay of the records needs instead of running the step again.

    `phase` is `cleanup`, `on_failure` or `on_success`, None for the steps themselves. `retryable` is set for a failure.
    `wake_at` and `wait_state` are those of a step that waits, or that waited in this attempt. `read_source` says
    whether a step that may read a source did; None for the others.
    """

    phase: str | None = None
    next_step: str | None = None
    outcome: str | None = None
    context_updates: Mapping[str, Any] = field(factory=dict)
    retryable: bool | None = None
    wake_at: datetime | None = None
    wait_state: Mapping[str, Any] | None = None
    read_source: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, without what is not set."""
        found = {
            "phase": self.phase,
            "next_step": self.next_step,
            "outcome": self.outcome,
            "context_updates": dict(self.context_updates) or None,
            "retryable": self.retryable,
            "wake_at": self.wake_at.isoformat() if self.wake_at else None,
            "wait_state": None if self.wait_state is None else dict(self.wait_state),
            "read_source": self.read_source,
        }
        return {
            key: value for key, value in found.items() if value is not None and (value != {} or key == "wait_state")
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Transition:
        """Return the transition that `to_dict` described."""
        wake_at = data.get("wake_at")
        return cls(
            data.get("phase"),
            data.get("next_step"),
            data.get("outcome"),
            data.get("context_updates", {}),
            data.get("retryable"),
            datetime.fromisoformat(wake_at) if wake_at else None,
            data.get("wait_state"),
            data.get("read_source"),
        )


NO_TRANSITION = Transition()
RUNS_ASKED = 100  # of how many of the newest runs a store collects `sources_read`


def sources_read(completed: Iterable[tuple[str, Transition]]) -> dict[str, bool]:
    """Return for each step that says so whether one of its completed attempts, given by step name, read a source."""
    found: dict[str, bool] = {}
    for step_name, transition in completed:
        if transition.read_source is not None:
            found[step_name] = found.get(step_name, False) or transition.read_source
    return found
