"""What is wrong with a workflow as far as it can be seen without running it."""

from __future__ import annotations

from collections.abc import Iterator

from spine.core.suggest import did_you_mean
from spine.framework.pipelines import pipeline_registry
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.registry import workflow_registry


def problems(workflow: Workflow) -> list[str]:
    """Return a sentence for each target, pipeline and workflow that a step names and that does not exist."""
    return [*workflow.problems(), *(fault for step in workflow.all_steps for fault in _of(step))]


def _of(step: Step) -> Iterator[str]:
    pipelines, workflows = pipeline_registry.list_pipelines(), workflow_registry.list_workflows()
    if step.pipeline_name is not None and step.pipeline_name not in pipelines:
        hint = did_you_mean(step.pipeline_name, pipelines)
        yield f"step {step.name!r} runs pipeline {step.pipeline_name!r}, which does not exist{hint}"
    named = step.iterator_workflow
    if isinstance(named, str) and named not in workflows:
        yield f"step {step.name!r} runs workflow {named!r}, which does not exist{did_you_mean(named, workflows)}"
    for inner in (inner for steps in (step.parallel_steps or {}).values() for inner in steps):
        yield from _of(inner)
