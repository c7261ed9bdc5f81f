"""Declared parameters of a workflow."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import BadParamsError
from spine.framework.params import ParamDef, PipelineSpec, positive_int
from spine.orchestration import Step, Workflow, WorkflowRunner

DAY = ParamDef("day", date, "the day to load")
LIVE = ParamDef("live", bool, "publish, too", default=False)
COUNT = ParamDef("count", int, "rows", required=False, validator=positive_int)


def nothing(ctx: Any, config: Any) -> None: ...


def workflow(*params: ParamDef, **options: Any) -> Workflow:
    return Workflow("w", [Step.lambda_("a", nothing)], params=params, **options)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (bool, "false", False),
        (bool, "True", True),
        (int, "7", 7),
        (float, "1.5", 1.5),
        (float, "2", 2),
        (list, '["a", 1]', ["a", 1]),
        (dict, '{"a": null}', {"a": None}),
        (str, "7", "7"),
        (str, "true", "true"),
        (date, "2026-01-31", "2026-01-31"),
    ],
)
def test_a_text_is_read_as_the_declared_type(kind: Any, text: str, value: Any) -> None:
    found = workflow(ParamDef("x", kind, "")).params_of({"x": text})["x"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        (bool, "yes", "x must be bool, not str (expected: true or false)"),
        (bool, "1", "x must be bool, not str (expected: true or false)"),
        (bool, 1, "x must be bool, not int (expected: true or false)"),
        (int, "1.0", "x must be int, not str (expected: a whole number)"),
        (int, "", "x must be int, not str (expected: a whole number)"),
        (float, "NaN", "x must be float, not str (expected: a number)"),
        (list, "a,b", "x must be list, not str (expected: a JSON list)"),
        (date, "31.01.2026", "x must be date, not str (expected: a date written YYYY-MM-DD)"),
        (str, 5, "x must be str, not int"),
    ],
)
def test_what_is_of_another_type_is_refused(kind: Any, value: Any, why: str) -> None:
    with pytest.raises(BadParamsError, match=f"workflow 'w': {re.escape(why)}$"):
        workflow(ParamDef("x", kind, "")).params_of({"x": value})


def test_an_unknown_one_is_refused_with_the_closest_before_a_run_is_made() -> None:
    with pytest.raises(BadParamsError, match=r"workflow 'w': unknown parameter 'dya'; did you mean 'day'\?$"):
        WorkflowRunner().execute(workflow(DAY, LIVE), {"dya": "2026-01-31"})
    with pytest.raises(BadParamsError, match=r"unknown parameter 'q'; known: day, live$"):
        workflow(DAY, LIVE).params_of({"q": 1})


def test_missing_and_wrong_ones_are_told_in_one_sentence() -> None:
    told = r"workflow 'w': missing parameters: day \(expected: a date .*\); count has an invalid value: -1 \(expected: "
    with pytest.raises(BadParamsError, match=told):
        workflow(DAY, COUNT).params_of({"count": -1})


def test_defaults_are_those_of_the_declaration_under_those_of_the_workflow() -> None:
    assert workflow(DAY, LIVE, defaults={"day": "2026-01-01"}).params_of({}) == {"live": False, "day": "2026-01-01"}
    with pytest.raises(BadParamsError, match="the defaults of workflow 'w': unknown parameter 'x'"):
        workflow(DAY, defaults={"x": 1})


def test_resolve_params_sees_typed_values_and_its_result_is_checked() -> None:
    seen: list[Any] = []

    def resolve(params: dict[str, Any]) -> dict[str, Any]:
        seen.append(params["live"])
        day = "2026-01-31" if params["day"] == "latest" else params["day"]
        return {**params, "day": day, "path": "more"}

    found = workflow(DAY, LIVE, resolve_params=resolve)
    assert found.params_of({"day": "latest", "live": "true"}) == {"day": "2026-01-31", "live": True, "path": "more"}
    assert seen == [True]
    with pytest.raises(BadParamsError, match="day must be date"):
        found.params_of({"day": "lately"})


def test_a_sub_workflow_gets_what_it_declares_and_is_given() -> None:
    seen: list[dict[str, Any]] = []
    inner = Workflow("inner", [Step.lambda_("a", lambda ctx, config: seen.append(dict(ctx.params)))], params=[COUNT])
    steps = [Step.workflow("sub", inner), Step.map("each", lambda ctx: [7], inner, item_param="count")]
    result = WorkflowRunner().execute(Workflow("w", steps), {"count": 3, "other": 1})
    assert result.error is None
    assert seen == [{"count": 3}, {"count": 7}]
    refused = WorkflowRunner().execute(Workflow("w", [Step.workflow("sub", inner, {"cuont": 1})]))
    assert refused.error == "workflow 'inner': unknown parameter 'cuont'; did you mean 'count'?"


def test_the_declaration_is_part_of_the_definition_and_comes_back_from_it() -> None:
    found = workflow(DAY, LIVE, COUNT)
    described = json.loads(json.dumps(found.to_dict()))
    again = Workflow.from_dict(described)
    assert again.to_dict() == described
    assert again.params_of({"day": "2026-01-31"}) == {"live": False, "day": "2026-01-31"}
    assert again.definition_hash() != workflow(DAY, LIVE).definition_hash()
    assert "params" not in Workflow("w", []).to_dict()
    assert Workflow.from_dict(workflow().to_dict()).params == PipelineSpec()


def test_a_pipeline_spec_may_be_given_and_nothing_else() -> None:
    spec = PipelineSpec(required_params={"week": ParamDef("week", str, "")})
    assert Workflow("w", [], params=spec).params is spec
    assert Workflow("w", [], params={"day": DAY}).params == PipelineSpec({"day": DAY})
    with pytest.raises(TypeError, match="params take a PipelineSpec or ParamDefs, not str"):
        Workflow("w", [], params=["day"])  # type: ignore[list-item]


@given(st.sampled_from([bool, int, float, list, dict, date]), st.text() | st.text('[]{}-0123456789.eE, "ntrufals'))
def test_any_text_is_read_as_the_type_or_left_as_it_is(kind: Any, text: str) -> None:
    found = ParamDef("x", kind, "").read(text)
    assert found is text or ParamDef("x", kind, "").validate(found) == (True, None)
