"""Choice steps: one of two branches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from spine.orchestration.definition.references import answer_of
from spine.orchestration.definition.spec import Branch, StepSpec
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import Preview

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step
    from spine.orchestration.steptypes.base import StepServices


@frozen
class ChoiceStepSpec(StepSpec):
    """Condition, and the targets if it is true and if it is false."""

    tier: ClassVar[str] = "intermediate"
    shape: ClassVar[tuple[str, str]] = ("{", "}")
    functions_of: ClassVar[tuple[str, ...]] = ("condition",)

    condition: Callable[[WorkflowContext], Any]
    then_step: str
    else_step: str | None = None

    def branches(self) -> Sequence[Branch]:
        return Branch("yes", "true", self.then_step), Branch("no", "false", self.else_step)


class ChoiceStep:
    """Handler that takes `then_step` if the condition is true, else `else_step`; the choice is in its output."""

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        spec = step.spec_of(ChoiceStepSpec)
        met = bool(answer_of(spec.condition, context, f"the condition of step {step.name!r}"))
        target = spec.then_step if met else spec.else_step
        return StepResult.ok({"condition": met, "next_step": target}, next_step=target)

    def preview(self, step: Step, context: WorkflowContext, services: StepServices) -> Preview:
        """Return the branch that it takes, if its condition reads only outputs that are known."""
        return Preview(step.spec.does(), self.execute(step, context, services))
