"""What a name stands for that a schedule or a run gives."""

from __future__ import annotations

from spine.framework.pipelines import pipeline_registry
from spine.orchestration.registry import workflow_registry
from spine.orchestration.step import Step
from spine.orchestration.workflow import Workflow


def target_workflow(name: str) -> Workflow:
    """Return the workflow of that name, or a pipeline of that name as a workflow with one step.

    Raises UnknownWorkflowError, with the closest name, if there is neither.
    """
    if name not in workflow_registry.list_workflows() and name in pipeline_registry.list_pipelines():
        return Workflow(name, [Step.pipeline("run", name)])
    return workflow_registry.get(name)
