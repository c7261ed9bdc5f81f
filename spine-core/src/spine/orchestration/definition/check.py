"""Checks of a workflow that need no run."""

from __future__ import annotations

from collections.abc import Iterator

from spine.core.suggest import did_you_mean
from spine.framework.pipelines import pipeline_registry
from spine.orchestration.definition.plan import reached
from spine.orchestration.definition.step import Step, StepType
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.registry import workflow_registry


def problems(workflow: Workflow) -> list[str]:
    """Return a sentence for each name of a step, pipeline or workflow that does not exist, and for a circle."""
    found = [*workflow.problems(), *(fault for step in workflow.all_steps for fault in _of(step))]
    if circle := _circle(workflow, (workflow.name,)):
        found.append(f"it runs itself without a condition: {' -> '.join(circle)}")
    return found


def _circle(workflow: Workflow, path: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the names on the way from a workflow back to the first of `path`, along steps that always run."""
    conditions = reached(workflow)
    always = [step for step in workflow.steps if step.when is None and not conditions.get(step.name)]
    for step in (step for step in always if step.step_type is StepType.WORKFLOW):
        for name in step.spec.workflows():
            if name == path[0]:
                return (*path, name)
            if name in path or name not in workflow_registry.list_workflows():
                continue
            if found := _circle(workflow_registry.get(name), (*path, name)):
                return found
    return None


def _of(step: Step) -> Iterator[str]:
    for what, named, list_known in (
        ("runs pipeline", step.spec.pipelines(), pipeline_registry.list_pipelines),
        ("runs workflow", step.spec.workflows(), workflow_registry.list_workflows),
        ("writes into database", step.spec.databases(), _databases),
    ):
        known = list_known() if named else []
        for name in named:
            if name not in known:
                hint = did_you_mean(name, known)
                yield f"step {step.name!r} {what} {name!r}, which does not exist{hint}"
    for inner in step.spec.inner_steps():
        yield from _of(inner)


def _databases() -> list[str]:
    from spine.db.named import database_registry  # SQLAlchemy is imported for workflows that load

    return database_registry.list_databases()
