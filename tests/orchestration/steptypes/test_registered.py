"""Step types come from the catalog, core's own like those of plugins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from spine.core.scope import Scope
from spine.orchestration import Step, StepType, Workflow, WorkflowRunner, WorkflowStatus
from spine.plugins.catalog import Catalog, current_catalog, load_catalog
from spine.testing.fake_plugin import make_plugin, put_on_path, take_off_path

ROOT = Path(__file__).parents[3]
PLUGIN = """
from spine.plugins import StepTypeSpec, hookimpl

@hookimpl
def spine_register_step_types():
    package = "spine_steps.steps"
    return [StepTypeSpec("double", f"{package}:Double"), StepTypeSpec("broken", f"{package}:Broken")]
"""
STEPS = """
from spine.orchestration import StepResult

class Double:
    def execute(self, step, context, services):
        return StepResult.ok(n=2 * step.config["n"])

class Broken:
    def execute(self, step, context, services):
        return {"not": "a StepResult"}
"""


@pytest.fixture
def plugin(tmp_path: Path, own_scope: Scope) -> Iterator[None]:
    """Two step types, installed during the test."""
    make_plugin(tmp_path, "steps", PLUGIN, modules={"steps.py": STEPS})
    put_on_path(tmp_path)
    own_scope.provide(Catalog, load_catalog())
    yield
    take_off_path(tmp_path)


def test_every_built_in_type_is_in_the_catalog() -> None:
    assert {kind.value for kind in StepType} <= set(current_catalog().names("step_type"))


@pytest.mark.parametrize("kind", StepType)
def test_every_built_in_type_has_a_factory_a_row_in_the_docs_and_a_conformance_test(kind: StepType) -> None:
    factory = {"lambda": "lambda_"}.get(kind.value, kind.value)
    assert callable(getattr(Step, factory, None)), f"give Step a factory {factory}"
    for place in (ROOT / "docs" / "workflows.md", Path(__file__).with_name("test_conformance.py")):
        assert f"Step.{factory}(" in place.read_text(), f"{place.relative_to(ROOT)} does not use Step.{factory}"


@pytest.mark.usefixtures("plugin")
def test_a_step_of_a_plugins_type_runs() -> None:
    result = WorkflowRunner().execute(Workflow("w", [Step.of("double", name="a", n=21)]))
    assert (result.status, result.context.get_output("a")) == (WorkflowStatus.COMPLETED, {"n": 42})


@pytest.mark.usefixtures("plugin")
def test_a_step_of_a_plugins_type_survives_the_workflows_dict() -> None:
    workflow = Workflow("w", [Step.of("double", name="a", n=21)])
    assert Workflow.from_dict(workflow.to_dict()) == workflow


@pytest.mark.usefixtures("plugin")
def test_a_type_that_returns_no_step_result_fails_by_its_name() -> None:
    result = WorkflowRunner().execute(Workflow("w", [Step.of("broken", name="a")]))
    assert result.error == "step type 'broken' returned dict for step 'a', not a StepResult"


def test_a_step_of_a_type_that_nobody_provides_fails_with_its_name() -> None:
    result = WorkflowRunner().execute(Workflow("w", [Step("a", "teleport")]))
    assert result.status is WorkflowStatus.FAILED
    assert result.error is not None
    assert "teleport" in result.error
