"""State that a resumed run needs: its initial state, and the transition after each attempt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen


@frozen
class ResumePoint:
    """Step from which a run was resumed with `from_step`, and the sequence number of the first attempt after that."""

    step: str
    sequence: int


@frozen
class Continuation:
    """Time at which a run was last resumed after its end, and the sequence number of the first attempt after that.

    The timeout of the workflow counts from `at`; cleanup and hook steps before `sequence` belong to the earlier end.
    """

    at: datetime
    sequence: int


@frozen
class ExecutionState:
    """Initial state of a run, and the number of its crashes.

    `context` is `WorkflowContext.execution`, `metadata` and `outputs` are the initial ones, `start_from` is the first
    step of a run that does not start at the beginning. `crashes` counts the processes that died.
    """

    context: Mapping[str, Any] = field(factory=dict)
    metadata: Mapping[str, Any] = field(factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    start_from: str | None = None
    resumed_from: ResumePoint | None = None
    crashes: int = 0
    continued: Continuation | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of the fields that are set."""
        point, again = self.resumed_from, self.continued
        found = {
            "context": dict(self.context),
            "metadata": dict(self.metadata),
            "outputs": {step: dict(output) for step, output in self.outputs.items()},
            "start_from": self.start_from,
            "resumed_from": {"step": point.step, "sequence": point.sequence} if point else None,
            "crashes": self.crashes,
            "continued": {"at": again.at.isoformat(), "sequence": again.sequence} if again else None,
        }
        return {key: value for key, value in found.items() if value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ExecutionState:
        """Return the state from its `to_dict` form."""
        point, again = data.get("resumed_from"), data.get("continued")
        return cls(
            data.get("context", {}),
            data.get("metadata", {}),
            data.get("outputs", {}),
            data.get("start_from"),
            ResumePoint(point["step"], point["sequence"]) if point else None,
            data.get("crashes", 0),
            Continuation(datetime.fromisoformat(again["at"]), again["sequence"]) if again else None,
        )


@frozen
class Transition:
    """Transition of a run after an attempt, which a replay of the records uses instead of running the step again.

    `phase` is `cleanup`, `on_failure` or `on_success`, None for the steps themselves. `retryable` is set for a failure.
    `wake_at` and `wait_state` are those of a step that waits, or that waited in this attempt, and `waits_since` is when
    that wait began. `read_source` is True or False for a step that may read a source, None for the others.
    """

    phase: str | None = None
    next_step: str | None = None
    outcome: str | None = None
    context_updates: Mapping[str, Any] = field(factory=dict)
    retryable: bool | None = None
    wake_at: datetime | None = None
    wait_state: Mapping[str, Any] | None = None
    read_source: bool | None = None
    waits_since: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of the fields that are set."""
        found = {
            "phase": self.phase,
            "next_step": self.next_step,
            "outcome": self.outcome,
            "context_updates": dict(self.context_updates) or None,
            "retryable": self.retryable,
            "wake_at": self.wake_at.isoformat() if self.wake_at else None,
            "wait_state": None if self.wait_state is None else dict(self.wait_state),
            "read_source": self.read_source,
            "waits_since": self.waits_since.isoformat() if self.waits_since else None,
        }
        return {
            key: value for key, value in found.items() if value is not None and (value != {} or key == "wait_state")
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Transition:
        """Return the transition from its `to_dict` form."""
        wake_at, since = data.get("wake_at"), data.get("waits_since")
        return cls(
            data.get("phase"),
            data.get("next_step"),
            data.get("outcome"),
            data.get("context_updates", {}),
            data.get("retryable"),
            datetime.fromisoformat(wake_at) if wake_at else None,
            data.get("wait_state"),
            data.get("read_source"),
            datetime.fromisoformat(since) if since else None,
        )


NO_TRANSITION = Transition()
RUNS_ASKED = 100  # number of the newest runs for `sources_read`


def sources_read(completed: Iterable[tuple[str, Transition]]) -> dict[str, bool]:
    """Return, for each step that has completed, True if an attempt read a source; `completed` has step names."""
    found: dict[str, bool] = {}
    for step_name, transition in completed:
        found[step_name] = found.get(step_name, False) or bool(transition.read_source)
    return found
