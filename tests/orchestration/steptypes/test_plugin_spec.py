"""A type of a plugin that names targets, functions, pipelines and options is treated as core's own are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spine.core.errors import ConfigError, ValidationError
from spine.orchestration import ErrorPolicy, Step, Workflow, WorkflowRunner, WorkflowStatus
from spine.orchestration.definition.graph import mermaid

PLUGIN = """
from spine.plugins import StepTypeSpec, hookimpl

@hookimpl
def spine_register_step_types():
    package = "spine_router.steps"
    return [StepTypeSpec("router", f"{package}:Router", config=f"{package}:RouterSpec", help="Goes one of many ways.")]
"""
STEPS = """
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from attrs import field, frozen

from spine.orchestration import Branch, StepResult, StepSpec, TimeoutBy

@frozen
class RouterSpec(StepSpec):
    "Routes by what a function returns."

    tier: ClassVar[str] = "intermediate"
    timeout_by: ClassVar[TimeoutBy] = TimeoutBy.STOP
    functions_of: ClassVar[tuple[str, ...]] = ("key",)

    key: Callable[[Any], str] = field(metadata={"help": "Says which way."})
    ways: Mapping[str, str] = field(factory=dict, metadata={"help": "Steps by what the function returns."})

    def branches(self):
        return [Branch(label, repr(label), target) for label, target in self.ways.items()]

class Router:
    def execute(self, step, context, services):
        spec = step.spec_of(RouterSpec)
        way = spec.key(context)
        return StepResult.ok({"way": way}, next_step=spec.ways[way])
"""


def size_of(context: Any) -> str:
    return "big" if context.params["n"] > 10 else "small"


async def size_later(context: Any) -> str:
    return "big"


@pytest.fixture(autouse=True)
def router(installed_plugin: Any) -> None:
    installed_plugin("router", PLUGIN, modules={"steps.py": STEPS})


def nothing(context: Any, config: Any) -> None:
    return None


def workflow(**ways: str) -> Workflow:
    route = Step.of("router", name="route", key=size_of, ways=ways or {"big": "cut", "small": "keep"}, timeout=60)
    return Workflow("w", [route, Step.lambda_("cut", nothing), Step.lambda_("keep", nothing)])


@pytest.mark.parametrize(("n", "taken", "left"), [(50, "cut", "keep"), (5, "keep", "cut")])
def test_it_runs_and_the_ways_not_taken_are_skipped(n: int, taken: str, left: str) -> None:
    result = WorkflowRunner().execute(workflow(), {"n": n})
    assert result.status is WorkflowStatus.COMPLETED
    assert result.completed_steps == ["route", taken]
    assert result.skipped_steps == [left]


def test_it_is_drawn_with_its_ways() -> None:
    drawn = mermaid(workflow())
    assert 's0 -->|"big"| s1' in drawn
    assert 's0 -->|"small"| s2' in drawn


def test_a_target_that_does_not_exist_is_told() -> None:
    with pytest.warns(UserWarning, match="step 'route' goes to 'nowhere', which is not one of its steps"):
        workflow(big="nowhere")


def test_it_is_planned_with_what_it_calls() -> None:
    planned = {step.step: step for step in WorkflowRunner(dry_run=True).execute(workflow(), {"n": 1}).plan}
    assert planned["route"].does.endswith(":size_of")


def test_a_dry_run_does_not_execute_it_and_shows_every_way() -> None:
    found = WorkflowRunner(dry_run=True).execute(workflow(), {"n": 50})
    assert [step.action for step in found.plan] == ["runs", "may run", "may run"]
    assert found.context.outputs == {}


def test_its_definition_is_json_and_its_hash_changes_with_its_options() -> None:
    described = json.loads(json.dumps(workflow().to_dict()))
    assert Workflow.from_dict(described).definition_hash() == workflow().definition_hash()
    assert described["steps"][0]["key"].endswith(":size_of")
    assert workflow(big="keep", small="cut").definition_hash() != workflow().definition_hash()


def test_its_tier_and_targets_are_its_own() -> None:
    assert (workflow().required_tier(), workflow().steps[0].targets) == ("intermediate", ("cut", "keep"))


def test_what_it_is_given_is_checked() -> None:
    with pytest.raises(ConfigError, match="unknown key 'keys'; did you mean 'key'"):
        Step.of("router", name="route", keys=size_of)
    with pytest.raises(ValidationError, match="the key of step 'route' is async"):
        Step.of("router", name="route", key=size_later)


def test_common_options_are_those_of_every_step() -> None:
    step = Step.of("router", name="route", key=size_of, on_error=ErrorPolicy.CONTINUE, next_step="cut")
    assert (step.on_error, step.next_step) == (ErrorPolicy.CONTINUE, "cut")
