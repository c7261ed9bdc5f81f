"""Pipeline steps: a registered pipeline, run with the parameters of the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spine.orchestration.definition.spec import StepSpec
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.pipeline_run import run_pipeline

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step
    from spine.orchestration.steptypes.base import StepServices


@frozen
class PipelineStepSpec(StepSpec):
    """Pipeline that the step runs."""

    tier: ClassVar[str] = "basic"

    pipeline_name: str
    executor: str | None = None

    @property
    def can_have_own_process(self) -> bool:
        if self.executor is None:
            return True
        from spine.orchestration.executors.base import is_in_process  # few steps name one

        return is_in_process(self.executor)  # else it has one there, with the step's limits

    def check_limits(self, step: Step) -> None:
        """Accept any limit: the step has a process of its own, here or in a worker."""

    def pipelines(self) -> Sequence[str]:
        return (self.pipeline_name,)

    def does(self) -> str:
        return self.pipeline_name


class PipelineStep:
    """Handler that runs the pipeline through the dispatcher, here or in a worker; its output is the metrics."""

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        spec, params = step.spec_of(PipelineStepSpec), {**context.params, **step.config}
        if spec.executor is not None and not spec.can_have_own_process:
            from spine.orchestration.isolation.pipeline_process import run_pipeline_elsewhere  # few steps need it

            return run_pipeline_elsewhere(spec.executor, spec.pipeline_name, step, context, params, services)
        result = run_pipeline(spec.pipeline_name, params, services)
        outcome = StepResult.ok(result.metrics)
        outcome.outcome = result.outcome
        return outcome
