from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from spine.orchestration import Step, Workflow, WorkflowResult, WorkflowRunner
from spine.orchestration.events import RunEvent

Run = Callable[..., WorkflowResult]


class Recorder:
    """A listener that keeps the events it is told of."""

    def __init__(self) -> None:
        self.events: list[RunEvent] = []

    def on_event(self, event: RunEvent) -> None:
        self.events.append(event)

    @property
    def types(self) -> list[str]:
        return [event.event_type for event in self.events]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def slept() -> list[float]:
    """The pauses that runs of `run` made, in seconds."""
    return []


@pytest.fixture
def run(recorder: Recorder, slept: list[float]) -> Run:
    """A function that runs steps, or functions as steps s1, s2, ..., in workflow `w`, told to `recorder`."""

    def run(*steps: Any, params: dict[str, Any] | None = None, **options: Any) -> WorkflowResult:
        made = [
            step if isinstance(step, Step) else Step.lambda_(f"s{number}", step)
            for number, step in enumerate(steps, start=1)
        ]
        workflow = Workflow(name="w", steps=made)
        return WorkflowRunner(listeners=[recorder], sleep=slept.append, **options).execute(workflow, params)

    return run
