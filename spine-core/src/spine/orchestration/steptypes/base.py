"""What a step type is: a class with `execute`."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from spine.framework.dispatcher import Dispatcher, TriggerSource
from spine.orchestration.context import WorkflowContext
from spine.orchestration.step import Step
from spine.orchestration.step_result import StepResult


@frozen
class StepServices:
    """What the runner lends to a step type."""

    dispatcher: Dispatcher
    trigger_source: TriggerSource = TriggerSource.CLI


class StepTypeHandler(Protocol):
    """Executes steps of one type. It is made without arguments and keeps no state between steps."""

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        """Run one attempt; an exception is a failure that keeps its category and retryable flag."""
        ...
