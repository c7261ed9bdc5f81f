"""The workflows of a project, by name."""

from __future__ import annotations

import pytest

from spine.core.errors import WorkflowError
from spine.core.scope import Scope, use_scope
from spine.orchestration import Workflow, WorkflowRegistry, workflow_registry
from spine.orchestration.registry import UnknownWorkflowError

WORKFLOW = Workflow("finra.weekly", [])


def test_register_returns_the_workflow_and_get_finds_it() -> None:
    assert workflow_registry.register(WORKFLOW) is WORKFLOW
    assert workflow_registry.get("finra.weekly") is WORKFLOW
    assert workflow_registry.register(WORKFLOW) is WORKFLOW  # the same one again is no clash


def test_a_name_is_given_once_unless_it_is_replaced() -> None:
    workflow_registry.register(WORKFLOW)
    other = Workflow("finra.weekly", [], version=2)
    with pytest.raises(ValueError, match=r"workflow 'finra\.weekly' is already registered"):
        workflow_registry.register(other)
    assert workflow_registry.register(other, replace=True) is other
    assert workflow_registry.get("finra.weekly") is other


def test_an_unknown_name_is_a_workflow_error_with_the_closest_one() -> None:
    workflow_registry.register(WORKFLOW)
    with pytest.raises(UnknownWorkflowError, match=r"'finra\.weekyl' not found; did you mean 'finra\.weekly'\?"):
        workflow_registry.get("finra.weekyl")
    assert issubclass(UnknownWorkflowError, WorkflowError)


def test_names_are_listed_sorted_and_forgotten_by_clearing() -> None:
    for name in ("b", "a"):
        workflow_registry.register(Workflow(name, []))
    assert workflow_registry.list_workflows() == ["a", "b"]
    workflow_registry.clear()
    assert workflow_registry.list_workflows() == []


def test_a_scope_has_workflows_of_its_own_and_so_has_a_registry() -> None:
    workflow_registry.register(WORKFLOW)
    with use_scope(Scope()):
        assert workflow_registry.list_workflows() == []
    own = WorkflowRegistry()
    own.register(Workflow("mine", []))
    assert (own.list_workflows(), workflow_registry.list_workflows()) == (["mine"], ["finra.weekly"])
