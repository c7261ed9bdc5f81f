"""Lambda steps: a function in the workflow's code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from spine.core.errors import WorkflowError
from spine.core.frozen import FrozenDict
from spine.core.result import Result, unwrapped
from spine.orchestration.definition.spec import StepSpec
from spine.orchestration.step_result import StepResult

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step
    from spine.orchestration.steptypes.base import StepServices

# FrozenDict, so that a handler may declare its config as a dict or as a Mapping
Handler = Callable[["WorkflowContext", FrozenDict], "StepResult | Mapping[str, object] | Result[Any] | None"]


@frozen
class LambdaStepSpec(StepSpec):
    """Function that the step calls."""

    tier: ClassVar[str] = "basic"
    functions_of: ClassVar[tuple[str, ...]] = ("handler",)

    handler: Handler

    def calls_function(self) -> bool:
        return True


class LambdaStep:
    """Handler that calls `handler(context, config)`; a returned dict, None, or Ok of one is wrapped as a success."""

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        returned = unwrapped(step.spec_of(LambdaStepSpec).handler(context, step.config))
        if isinstance(returned, StepResult):
            return returned
        if returned is None or isinstance(returned, Mapping):
            return StepResult.ok(output=returned)
        hint = "; StepResult.unchanged(reason) says that there is nothing new" if _is_pipelines(returned) else ""
        raise WorkflowError(
            f"the function of step {step.name!r} returned {type(returned).__name__}: "
            f"return a StepResult, a dict, a Result of one of them, or None{hint}"
        )


def _is_pipelines(returned: object) -> bool:
    from spine.framework.pipelines import PipelineResult  # a mistake is rare

    return isinstance(returned, PipelineResult)
