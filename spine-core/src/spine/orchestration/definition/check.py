"""Checks of a workflow that need no run."""

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
    for what, named, known in (
        ("pipeline", step.spec.pipelines(), pipeline_registry.list_pipelines()),
        ("workflow", step.spec.workflows(), workflow_registry.list_workflows()),
    ):
        for name in named:
            if name not in known:
                hint = did_you_mean(name, known)
                yield f"step {step.name!r} runs {what} {name!r}, which does not exist{hint}"
    for inner in step.spec.inner_steps():
        yield from _of(inner)
