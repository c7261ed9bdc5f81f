"""Step types come from the catalog, core's own like anyone's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from spine.orchestration import Step, StepType, Workflow, WorkflowRunner, WorkflowStatus
from spine.plugins.catalog import Catalog, current_catalog, load_catalog
from spine.core.scope import Scope
from spine.testing.fake_plugin import make_plugin, put_on_path, take_off_path

PLUGIN = """
from spine.plugins import StepTypeSpec, hookimpl

@hookimpl
def spine_register_step_types():
    return [StepTypeSpec("broken", "spine_broken.step:Broken")]
"""
STEP = """
class Broken:
    def execute(self, step, context, services):
        return {"not": "a StepResult"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    put_on_path(tmp_path)
    yield tmp_path
    take_off_path(tmp_path)


def test_every_built_in_type_is_in_the_catalog() -> None:
    assert {kind.value for kind in StepType} <= set(current_catalog().names("step_type"))


def test_a_step_of_a_type_that_nobody_provides_fails_with_its_name() -> None:
    result = WorkflowRunner().execute(Workflow("w", [Step("a", "teleport")]))
    assert result.status is WorkflowStatus.FAILED
    assert result.error is not None
    assert "teleport" in result.error
