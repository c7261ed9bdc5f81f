"""Workflows as data: checks when one is built, its questions, and its way through JSON."""

from __future__ import annotations

import json
import re
import runpy
import warnings
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from spine.core.errors import ValidationError, WorkflowError
from spine.orchestration import END, ErrorPolicy, RetryPolicy, Step, Workflow, WorkflowContext, WorkflowRunner
from spine.orchestration.definition.graph import draw, mermaid


def check(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    return {"checked": True}


def is_good(ctx: WorkflowContext) -> bool:
    return True


def latest(params: dict[str, Any]) -> dict[str, Any]:
    return {**params, "week": "20251215"}


class Checks:
    @staticmethod
    def static(ctx: WorkflowContext, config: Any) -> None: ...

    def method(self, ctx: WorkflowContext, config: Any) -> None: ...

    def __call__(self, ctx: WorkflowContext, config: Any) -> None: ...


STEPS = [
    Step.pipeline("ingest", "finra.ingest", {"limit": 5}, retry_policy=RetryPolicy(max_attempts=5)),
    Step.lambda_("check", check, {"strict": True}, ErrorPolicy.CONTINUE),
    Step.choice("route", is_good, "process", "reject"),
    Step.pipeline("process", "finra.normalize", next_step=END),
    Step.lambda_("reject", Checks.static),
]
FULL = Workflow(
    "finra.weekly", STEPS, "finra", "Weekly.", 3, {"week": "latest"}, ["a", "b"], ["week"], resolve_params=latest
)


def test_the_defaults_of_a_workflow() -> None:
    workflow = Workflow(name="w", steps=[])
    assert (workflow.domain, workflow.description, workflow.version) == ("", "", 1)
    assert (workflow.defaults, workflow.tags, workflow.partition_by, workflow.resolve_params) == ({}, [], (), None)


def test_steps_tags_and_partition_compare_as_lists_and_tuples() -> None:
    assert FULL.steps == STEPS
    assert FULL.tags == ["a", "b"]
    for week in (["week"], ("week",)):
        assert FULL.partition_by == week


def test_a_workflow_is_closed_to_changes_and_apart_from_the_lists_it_was_made_of() -> None:
    steps, defaults = list(STEPS), {"weeks": [1]}
    workflow = Workflow("w", steps, defaults=defaults)
    steps.clear()
    defaults["weeks"].append(2)
    assert (len(workflow.steps), workflow.defaults) == (5, {"weeks": [1]})
    with pytest.raises(FrozenInstanceError):
        workflow.name = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        workflow.defaults["x"] = 1  # type: ignore[index]


def test_a_step_name_may_be_given_once() -> None:
    with pytest.raises(ValueError, match="Duplicate step name 'a' in workflow 'w'"):
        Workflow("w", [Step.lambda_("a", check), Step.lambda_("b", check), Step.lambda_("a", check)])


def test_one_text_where_a_list_is_needed_is_refused() -> None:
    with pytest.raises(ValueError, match=r"write \['week'\]"):
        Workflow("w", [], partition_by="week")


def test_a_name_that_breaks_the_rule_is_refused() -> None:
    with pytest.raises(ValidationError, match="workflow name 'a b' is not valid"):
        Workflow("a b", [])


def test_a_target_that_does_not_exist_is_a_warning_where_the_workflow_is_built() -> None:
    steps = [Step.choice("route", is_good, "process", "reject"), Step.lambda_("process", check, next_step="done")]
    with pytest.warns(UserWarning, match="goes to") as caught:
        workflow = Workflow("w", steps)
    expected = [
        "workflow 'w': step 'route' goes to 'reject', which is not one of its steps",
        "workflow 'w': step 'process' goes to 'done', which is not one of its steps",
    ]
    assert [str(warning.message) for warning in caught] == workflow.problems() == expected
    assert {warning.filename for warning in caught} == {__file__}


def test_the_end_is_a_target_that_exists() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = Workflow("w", [Step.choice("route", is_good, "a", END), Step.lambda_("a", check, next_step=END)])
    assert made.problems() == []


def test_a_workflow_answers_questions_about_its_steps() -> None:
    assert FULL.step_names() == ["ingest", "check", "route", "process", "reject"]
    assert [FULL.step_index(name) for name in ("ingest", "reject", "other")] == [0, 4, -1]
    assert FULL.get_step("check") is STEPS[1]
    assert FULL.get_step("other") is None
    assert FULL.pipeline_names() == ["finra.ingest", "finra.normalize"]
    assert (FULL.has_choice_steps(), FULL.has_lambda_steps(), FULL.has_pipeline_steps()) == (True, True, True)
    empty = Workflow("w", [])
    assert (empty.has_choice_steps(), empty.has_lambda_steps(), empty.has_pipeline_steps()) == (False, False, False)


@pytest.mark.parametrize(
    ("steps", "tier"),
    [
        ([], "basic"),
        ([STEPS[0], STEPS[1]], "basic"),
        ([Step.choice("c", is_good, END)], "intermediate"),
        ([Step.choice("c", is_good, END), Step("x", "sql")], "advanced"),
    ],
)
def test_the_required_tier_is_that_of_the_most_demanding_step(steps: list[Step], tier: str) -> None:
    assert Workflow("w", steps).required_tier() == tier


def test_the_partition_is_made_of_the_named_parameters_that_there_are() -> None:
    workflow = Workflow("w", [], partition_by=["week", "venue"])
    assert workflow.partition_of({"week": "1", "limit": 5}) == {"week": "1"}


def test_a_workflow_of_functions_at_module_level_survives_its_json_text() -> None:
    text = json.dumps(FULL.to_dict())
    again = Workflow.from_dict(json.loads(text))
    assert again == FULL
    assert again.to_dict() == FULL.to_dict()
    assert again.definition_hash() == FULL.definition_hash()
    assert again.steps[1].handler is check


def test_from_dict_needs_a_name_only() -> None:
    assert Workflow.from_dict({"name": "w"}) == Workflow("w", [])


@pytest.mark.parametrize(
    "function",
    [lambda ctx, config: None, Checks().method, Checks(), partial(check)],
    ids=["lambda", "bound method", "callable object", "partial"],
)
def test_a_function_that_cannot_be_found_by_name_is_described_and_refused_when_it_is_read(function: Any) -> None:
    """Reading must not give another function than the one that was written, such as a class in place of its object."""
    described = Workflow("w", [Step.lambda_("a", function)]).to_dict()
    json.dumps(described)
    with pytest.raises(WorkflowError, match="move it to the top of a module"):
        Workflow.from_dict(described)


@pytest.mark.parametrize("reference", ["no.such.module:f", f"{__name__}:nothing", f"{__name__}:FULL", "os", ""])
def test_a_reference_to_no_function_is_refused(reference: str) -> None:
    step = {"name": "a", "type": "lambda", "handler": reference or "x"}
    with pytest.raises(WorkflowError, match=r"cannot be found|is not a function"):
        Workflow.from_dict({"name": "w", "steps": [step]})


def test_the_definition_hash_changes_with_the_definition_only() -> None:
    def of(**changes: Any) -> str:
        return Workflow(**{"name": "w", "steps": STEPS, **changes}).definition_hash()

    assert of() == of(steps=tuple(STEPS))
    assert len({of(), of(version=2), of(steps=STEPS[::-1]), of(defaults={"a": 1}), of(name="x")}) == 5


def test_defaults_become_json_in_the_dict() -> None:
    assert Workflow("w", [], defaults={"day": date(2025, 1, 1)}).to_dict()["defaults"] == {"day": "2025-01-01"}


def test_workflows_as_users_write_them_run() -> None:
    runpy.run_path(str(Path(__file__).parents[1] / "typing" / "orchestration.py"))


def test_a_step_says_what_it_depends_on() -> None:
    found = Workflow(
        "w", [Step.lambda_("a", check), Step.lambda_("b", check, after=["a"]), Step.lambda_("c", check, after=[])]
    )
    described = json.loads(json.dumps(found.to_dict()))
    assert [step.get("after") for step in described["steps"]] == [None, ["a"], []]
    assert Workflow.from_dict(described) == found
    assert "s0 -.->|after| s1" in mermaid(found)
    assert "after a" in "\n".join(draw(found))
    assert WorkflowRunner(dry_run=True).execute(found).plan[1].reason == "unless nothing new comes from 'a'"


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        (["b", "a"], "step 'b' of workflow 'w' is after 'a', which is not a step before it"),
        (["aa", "b"], "step 'b' of workflow 'w' is after 'a', which is not a step before it; did you mean 'aa'?"),
        (["b"], "step 'b' of workflow 'w' is after 'a', which is not a step before it"),
    ],
)
def test_after_names_steps_that_come_before(steps: list[str], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Workflow("w", [Step.lambda_(name, check, after=["a"] if name == "b" else None) for name in steps])


def test_after_is_a_list_and_not_for_hooks() -> None:
    with pytest.raises(ValidationError, match=r"after='a' is one text where a list of step names is needed: write"):
        Step.lambda_("b", check, after="a")
    with pytest.raises(ValueError, match="step 'b' of on_failure or on_success cannot have `after`"):
        Workflow("w", [Step.lambda_("a", check)], on_success=[Step.lambda_("b", check, after=["a"])])


def test_its_queue_and_priority_are_no_part_of_its_definition() -> None:
    plain = Workflow("w", [Step.lambda_("a", check)])
    placed = Workflow("w", [Step.lambda_("a", check)], queue="gpu", priority=-5)
    assert (plain.queue, plain.priority) == ("default", 0)
    assert (placed.queue, placed.priority) == ("gpu", -5)
    assert placed.to_dict() == plain.to_dict()
    assert placed.definition_hash() == plain.definition_hash()


@pytest.mark.parametrize("queue", ["", "two words", "../up", "a" * 65, "é", None, 3, "a\n", "-a"])
def test_a_wrong_name_of_a_queue_is_refused(queue: Any) -> None:
    with pytest.raises(ValidationError, match=r"^queue .*"):
        Workflow("w", [Step.lambda_("a", check)], queue=queue)


@pytest.mark.parametrize("priority", [32768, -32769, 1.0, "1", True, None])
def test_a_wrong_priority_is_refused(priority: Any) -> None:
    with pytest.raises(ValueError, match="give a whole number from -32768 to 32767"):
        Workflow("w", [Step.lambda_("a", check)], priority=priority)
