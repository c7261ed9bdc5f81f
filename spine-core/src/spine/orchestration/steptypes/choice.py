"""Choice steps: one of two ways to go on."""

from __future__ import annotations

from spine.core.errors import WorkflowError
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.step import Step
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import StepServices


class ChoiceStep:
    """Takes `then_step` if the condition is true, else `else_step`; the choice is in its output."""

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        if step.condition is None:
            raise WorkflowError(f"step {step.name!r} has no condition: build it with Step.choice(name, condition, ...)")
        met = bool(step.condition(context))
        target = step.then_step if met else step.else_step
        return StepResult.ok({"condition": met, "next_step": target}, next_step=target)
