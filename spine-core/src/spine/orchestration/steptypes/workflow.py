"""Workflow steps: another workflow, as a child run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from spine.core.errors import WorkflowError
from spine.orchestration.definition.spec import Nested, StepSpec, TimeoutBy
from spine.orchestration.status import WorkflowStatus
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import Preview

if TYPE_CHECKING:
    from spine.core.failure import Failure
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step
    from spine.orchestration.definition.workflow import Workflow
    from spine.orchestration.result import WorkflowResult
    from spine.orchestration.steptypes.base import ChildRunner, StepServices


@frozen
class WorkflowStepSpec(StepSpec):
    """Workflow that the step runs, or its name."""

    timeout_by: ClassVar[TimeoutBy] = TimeoutBy.STOP

    iterator_workflow: str | Workflow

    def workflows(self) -> Sequence[str]:
        return names_of(self.iterator_workflow)

    def inner_steps(self) -> Sequence[Step]:
        return steps_of(self.iterator_workflow)

    def does(self) -> str:
        return called(self.iterator_workflow)

    def inside(self) -> Sequence[str]:
        return (f"runs {called(self.iterator_workflow)}",)

    @classmethod
    def value_of(cls, name: str, value: Any, nested: Nested | None) -> Any:
        return nested.workflow(value) if nested is not None and isinstance(value, Mapping) else value


def names_of(workflow: str | Workflow | None) -> Sequence[str]:
    """Return the name of a workflow that is given by name."""
    return (workflow,) if isinstance(workflow, str) else ()


def steps_of(workflow: str | Workflow | None) -> Sequence[Step]:
    """Return the steps of a workflow that is given as an object."""
    return () if workflow is None or isinstance(workflow, str) else workflow.all_steps


def called(workflow: str | Workflow) -> str:
    """Return the display text of a workflow: `workflow NAME`."""
    return f"workflow {workflow if isinstance(workflow, str) else workflow.name}"


class WorkflowStep:
    """Handler that runs a workflow; its output is the outputs of that workflow's steps, by step."""

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        children = children_of(services)
        workflow = children.find(step.spec_of(WorkflowStepSpec).iterator_workflow)
        key = f"{step.name}/{services.attempt.first}"
        return step_result_of(children.run(workflow, {**workflow.accepted(context.params), **step.config}, key, {}))

    def preview(self, step: Step, context: WorkflowContext, services: StepServices) -> Preview:
        """Return the steps of the workflow, each as its own type previews it."""
        children = children_of(services)
        workflow = children.find(step.spec_of(WorkflowStepSpec).iterator_workflow)
        found = children.run(workflow, {**workflow.accepted(context.params), **step.config}, step.name, {})
        return Preview(step.spec.does(), known_result_of(found), found.plan)


def children_of(services: StepServices) -> ChildRunner:
    """Return the runner of child runs of a step."""
    if services.children is None:
        raise WorkflowError("a step that runs workflows needs a WorkflowRunner")
    return services.children


def known_result_of(found: WorkflowResult) -> StepResult | None:
    """Return the step result for the dry run of a child, None if the output of one of its steps is not known."""
    if found.status is not WorkflowStatus.FAILED and not all(step.is_known for step in found.plan):
        return None
    return step_result_of(found)


def step_result_of(result: WorkflowResult) -> StepResult:
    """Return the step result for the result of its child run, ended or waiting."""
    if result.status is WorkflowStatus.WAITING and result.wake_at is not None:
        return StepResult.wait(result.wake_at, {})
    outputs = {name: dict(output) for name, output in result.context.outputs.items()}
    if result.status.is_good:
        return StepResult.ok(outputs)
    where = f" at step {result.error_step!r}" if result.error_step else ""
    failed = StepResult.fail(
        f"run {result.run_id} of workflow {result.workflow_name!r} ended {result.status.name}{where}: "
        f"{result.error or 'no reason given'}",
        result.error_category or "ORCHESTRATION",
    )
    failed.retry, failed.failure = result.error_retryable, _failure_in(result)
    return failed


def _failure_in(result: WorkflowResult) -> Failure | None:
    """Return the failure of the step that a child run failed at: a retry waits as long as its error asks for."""
    ended = (step.failure for step in result.step_executions if step.step_name == result.error_step)
    kept = next((failure for failure in ended if failure is not None), None)
    if kept is None:
        return None
    from spine.core.failure import Failure  # most children succeed

    return Failure.from_dict(kept)
