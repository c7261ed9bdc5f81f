"""Lambda steps: a function of the workflow's own code."""

from __future__ import annotations

from collections.abc import Mapping

from spine.core.errors import WorkflowError
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.step import Step
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import StepServices


class LambdaStep:
    """Calls `handler(context, config)`; a dict or None that it returns is wrapped as a success."""

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        if step.handler is None:
            raise WorkflowError(f"step {step.name!r} has no function: build it with Step.lambda_(name, handler)")
        returned = step.handler(context, step.config)
        if isinstance(returned, StepResult):
            return returned
        if returned is None or isinstance(returned, Mapping):
            return StepResult.ok(output=returned)
        raise WorkflowError(
            f"the function of step {step.name!r} returned {type(returned).__name__}: "
            "return a StepResult, a dict or None"
        )
