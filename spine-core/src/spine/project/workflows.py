"""Workflows of a project: those that its modules register."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.orchestration.registry import workflow_registry
from spine.project.page import Row, Rows

if TYPE_CHECKING:
    from spine.framework.params import ParamDef


@frozen
class Workflows:
    """Queries over workflows. A workflow is given by its name."""

    def list(self) -> Rows:
        """Return every workflow by name; see `describe`."""
        return [self.describe(name) for name in workflow_registry.list_workflows()]

    def describe(self, name: str) -> Row:
        """Return a workflow with its `params`: those that it declares or has a default for.

        Raises UnknownWorkflowError with the closest name.
        """
        workflow = workflow_registry.get(name)
        declared: dict[str, Row] = {}
        if workflow.params is not None:
            known = {**workflow.params.required_params, **workflow.params.optional_params}
            declared = {param.name: _param(param) for param in known.values()}
        for key, value in workflow.defaults.items():
            declared[key] = {**declared.get(key, _undeclared(key)), "required": False, "default": value}
        return {
            "name": workflow.name,
            "version": workflow.version,
            "domain": workflow.domain,
            "description": workflow.description,
            "partition_by": list(workflow.partition_by),
            "has_partitions": workflow.partitions is not None,
            "steps": [step.name for step in workflow.steps],
            "params": list(declared.values()),
        }


def _param(param: ParamDef) -> Row:
    facts: dict[str, Any] = {"description": param.description, "required": param.required, "default": param.default}
    return {"name": param.name, **facts, "expected": param.expected}


def _undeclared(name: str) -> Row:
    return {"name": name, "description": "", "required": False, "default": None, "expected": ""}
