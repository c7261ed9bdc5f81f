"""Workflow steps: another workflow, as a run of its own below this one."""

from __future__ import annotations

from spine.core.errors import WorkflowError
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.registry import workflow_registry
from spine.orchestration.result import WorkflowResult
from spine.orchestration.status import WorkflowStatus
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import ChildRunner, StepServices


class WorkflowStep:
    """Runs a workflow; its output is the outputs of that workflow's steps, by step."""

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        workflow = workflow_of(step)
        key = f"{step.name}/{services.attempt.first}"
        result = children_of(services).run(workflow, {**context.params, **step.config}, key, {})
        return step_result_of(result)


def workflow_of(step: Step) -> Workflow:
    """Return the workflow that a step names or holds; WorkflowError, as the registry's, if there is none."""
    found = step.iterator_workflow
    if isinstance(found, Workflow):
        return found
    if found is None:
        raise WorkflowError(f"step {step.name!r} names no workflow: build it with Step.workflow(name, workflow)")
    return workflow_registry.get(found)


def children_of(services: StepServices) -> ChildRunner:
    """Return what runs workflows below a step."""
    if services.children is None:
        raise WorkflowError("a step that runs workflows needs a WorkflowRunner")
    return services.children


def step_result_of(result: WorkflowResult) -> StepResult:
    """Return what a child run means for the step that started it."""
    if result.status is WorkflowStatus.WAITING and result.wake_at is not None:
        return StepResult.wait(result.wake_at, {})
    outputs = {name: dict(output) for name, output in result.context.outputs.items()}
    if result.status.is_good:
        return StepResult.ok(outputs)
    where = f" at step {result.error_step!r}" if result.error_step else ""
    return StepResult.fail(
        f"run {result.run_id} of workflow {result.workflow_name!r} ended {result.status.name}{where}: "
        f"{result.error or 'no reason given'}",
        result.error_category or "ORCHESTRATION",
    )
