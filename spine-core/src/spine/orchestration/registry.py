"""Registry of the workflows of the current project, by name."""

from __future__ import annotations

from spine.core.errors import WorkflowError
from spine.core.registry import Registry
from spine.framework.pipelines import pipeline_registry
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.workflow import Workflow


class UnknownWorkflowError(WorkflowError):
    """No workflow of that name is registered; the message names the closest one."""

    exit_code = 2


class ChangedWorkflowError(WorkflowError):
    """The workflow's definition has changed since the run started; the message names the differences."""


class WorkflowRegistry:
    """Workflows by name."""

    def __init__(self, *, ambient: bool = False) -> None:
        self._entries: Registry[Workflow] = Registry("workflow", ambient=ambient)

    def register(self, workflow: Workflow, replace: bool = False) -> Workflow:
        """Register the workflow and return it; ValueError if the name is taken, unless `replace`."""
        return self._entries.add(workflow.name, workflow, replace=replace)

    def get(self, name: str) -> Workflow:
        """Return the workflow; UnknownWorkflowError, with the closest name, if nothing is registered as `name`."""
        found = self._entries.find(name)
        if found is None:
            raise UnknownWorkflowError(self._entries.not_found(name))
        return found

    def list_workflows(self) -> list[str]:
        """Return every name, sorted."""
        return self._entries.names()

    def clear(self) -> None:
        """Remove every workflow."""
        self._entries.clear()


workflow_registry = WorkflowRegistry(ambient=True)


def target_workflow(name: str) -> Workflow:
    """Return the workflow of that name, or a pipeline of that name as a workflow with one step.

    Raises UnknownWorkflowError, with the closest name, if there is neither.
    """
    if name not in workflow_registry.list_workflows() and name in pipeline_registry.list_pipelines():
        return Workflow(name, [Step.pipeline("run", name)])
    return workflow_registry.get(name)
