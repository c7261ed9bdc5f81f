"""Where runs are kept while they proceed."""

from __future__ import annotations

from threading import RLock
from typing import Protocol

from spine.core.errors import IntegrityError
from spine.core.scope import current_scope
from spine.framework.dispatcher import ScopedStagedStore
from spine.orchestration.records import Batch, RunEvent, RunRecord, StepRecord


class RunStore(Protocol):
    """Keeps runs, steps and events. What `commit` was given is there after a crash, all of it or none."""

    def commit(self, batch: Batch) -> None:
        """Write a batch: a new run or its new state, attempts by their `step_id`, events, captures and rejects.

        Raises IntegrityError for a second attempt of the same run, step and number.
        """
        ...

    def get_run(self, run_id: str) -> RunRecord | None:
        """Return a run, None if there is none of that id."""
        ...

    def list_steps(self, run_id: str) -> list[StepRecord]:
        """Return the attempts of a run's steps in the order in which they started, skipped steps last."""
        ...

    def list_events(self, run_id: str) -> list[RunEvent]:
        """Return what happened in a run, oldest first."""
        ...


class MemoryRunStore:
    """Keeps runs as long as the process lives; captures and rejects go to the current scope's stores."""

    def __init__(self) -> None:
        self._runs: dict[str, RunRecord] = {}
        self._steps: dict[str, dict[str, StepRecord]] = {}
        self._events: dict[str, list[RunEvent]] = {}
        self._attempts: dict[str, dict[tuple[str, int], str]] = {}
        self._lock = RLock()

    def commit(self, batch: Batch) -> None:
        with self._lock:
            self._check_attempts(batch)
            ScopedStagedStore().commit(batch.staged)
            if batch.run is not None:
                self._runs[batch.run_id] = batch.run
            self._steps.setdefault(batch.run_id, {}).update((step.step_id, step) for step in batch.steps)
            self._events.setdefault(batch.run_id, []).extend(batch.events)

    def _check_attempts(self, batch: Batch) -> None:
        attempts = self._attempts.setdefault(batch.run_id, {})
        for step in batch.steps:
            if attempts.setdefault((step.step_name, step.attempt), step.step_id) != step.step_id:
                raise IntegrityError(f"run {batch.run_id} has attempt {step.attempt} of {step.step_name!r} already")

    def get_run(self, run_id: str) -> RunRecord | None:
        return self._runs.get(run_id)

    def list_steps(self, run_id: str) -> list[StepRecord]:
        return list(self._steps.get(run_id, {}).values())

    def list_events(self, run_id: str) -> list[RunEvent]:
        return list(self._events.get(run_id, ()))


def run_store() -> RunStore:
    """Return the store of the current project."""
    return current_scope().get(RunStore, MemoryRunStore)  # type: ignore[type-abstract]  # a protocol is the key
