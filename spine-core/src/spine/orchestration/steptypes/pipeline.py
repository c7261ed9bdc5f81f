"""Pipeline steps: a registered pipeline, run with the parameters of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from spine.core.errors import PipelineError
from spine.framework.pipelines import PipelineResult, PipelineStatus
from spine.orchestration.definition.spec import StepSpec
from spine.orchestration.step_result import StepResult

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step
    from spine.orchestration.steptypes.base import StepServices


@frozen
class PipelineStepSpec(StepSpec):
    """Pipeline that the step runs."""

    tier: ClassVar[str] = "basic"

    pipeline_name: str

    def pipelines(self) -> Sequence[str]:
        return (self.pipeline_name,)

    def does(self) -> str:
        return self.pipeline_name


class PipelineStep:
    """Handler that runs the pipeline through the dispatcher; its output is the metrics."""

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        name = step.spec_of(PipelineStepSpec).pipeline_name
        result = run_pipeline(name, {**context.params, **step.config}, services)
        outcome = StepResult.ok(result.metrics)
        outcome.outcome = result.outcome
        return outcome


def run_pipeline(name: str, params: Mapping[str, Any], services: StepServices) -> PipelineResult:
    """Run a pipeline to its end and return its result; raises the pipeline's exception, else PipelineError."""
    execution = services.dispatcher.submit(name, params, trigger_source=services.trigger_source)
    if execution.exception is not None:
        raise execution.exception
    result = execution.result
    if result is None or result.status is not PipelineStatus.COMPLETED:
        raise PipelineError(execution.error or f"pipeline {name!r} ended {execution.status.name}")
    return result
