"""The context: immutable, JSON-safe, and a copy at each step."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from spine.core.errors import ValidationError
from spine.orchestration import WorkflowContext

CONTEXT = WorkflowContext.create("w", {"week": "1", "venues": ["a"]}, {"week": "1"}, "batch-7", "run-1", dry_run=True)


def test_create_fills_in_what_is_known() -> None:
    assert (CONTEXT.run_id, CONTEXT.workflow_name, CONTEXT.params) == ("run-1", "w", {"week": "1", "venues": ["a"]})
    assert (CONTEXT.partition, CONTEXT.outputs, CONTEXT.metadata) == ({"week": "1"}, {}, {})
    assert CONTEXT.execution == {"dry_run": True, "batch_id": "batch-7"}
    assert CONTEXT.is_dry_run
    assert CONTEXT.started_at.tzinfo is UTC


def test_create_needs_a_name_only_and_makes_a_run_id() -> None:
    first, second = WorkflowContext.create("w"), WorkflowContext.create("w")
    assert first.run_id < second.run_id
    assert (first.params, first.partition, first.is_dry_run) == ({}, {}, False)
    assert WorkflowContext("run-1").workflow_name == ""


def test_params_and_outputs_are_asked_for_with_a_default() -> None:
    context = CONTEXT.with_output("ingest", {"record_count": 0, "note": None})
    assert (context.get_param("week"), context.get_param("x"), context.get_param("x", 5)) == ("1", None, 5)
    assert context.get_output("ingest") == {"record_count": 0, "note": None}
    assert context.get_output("ingest", "record_count", 7) == 0
    assert context.get_output("ingest", "note", 7) is None
    assert context.get_output("ingest", "x") is None
    assert context.get_output("ingest", "x", 7) == 7
    assert context.get_output("other", "x", 7) == 7
    assert context.get_output("other", default={}) == {}
    assert (context.has_output("ingest"), context.has_output("other")) == (True, False)


def test_each_with_returns_another_context_and_leaves_the_first_alone() -> None:
    changed = (
        CONTEXT.with_output("a", {"n": 1}).with_output("b", {}).with_params({"week": "2"}).with_metadata({"k": "v"})
    )
    assert (changed.outputs, changed.params["week"], changed.metadata) == ({"a": {"n": 1}, "b": {}}, "2", {"k": "v"})
    assert changed.params["venues"] == ["a"]
    assert changed.run_id == CONTEXT.run_id
    assert (CONTEXT.outputs, CONTEXT.params["week"], CONTEXT.metadata) == ({}, "1", {})


CHANGES: list[Callable[[WorkflowContext], Any]] = [
    lambda context: setattr(context, "run_id", "x"),
    lambda context: setattr(context, "new", "x"),
    lambda context: delattr(context, "params"),
    lambda context: context.params.update(week="2"),
    lambda context: context.params["venues"].append("b"),
    lambda context: context.outputs.setdefault("a", {}),
    lambda context: context.outputs["a"]["rows"][0].clear(),
    lambda context: context.partition.pop("week"),
    lambda context: context.execution.update(dry_run=False),
    lambda context: context.metadata.update(a=1),
]


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_in_a_context_can_be_changed(change: Callable[[WorkflowContext], Any]) -> None:
    context = CONTEXT.with_output("a", {"rows": [{"n": 1}]})
    before = context.to_dict()
    with pytest.raises((TypeError, FrozenInstanceError, AttributeError)):
        change(context)
    assert context.to_dict() == before


def test_what_a_context_was_made_of_may_change_afterwards() -> None:
    params, output = {"venues": ["a"]}, {"rows": [1]}
    context = WorkflowContext.create("w", params).with_output("s", output)
    params["venues"].append("b")
    output["rows"].append(2)
    assert (context.params, context.get_output("s")) == ({"venues": ["a"]}, {"rows": [1]})


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copy_or_pickle_is_equal_and_as_immutable(again: Callable[[Any], WorkflowContext]) -> None:
    context = CONTEXT.with_output("a", {"rows": [1]})
    found = again(context)
    assert found == context
    with pytest.raises(TypeError):
        found.outputs["a"]["rows"].append(2)


def test_a_context_survives_its_json_text() -> None:
    context = CONTEXT.with_output("a", {"rows": [{"n": None}]}).with_metadata({"k": 1.5})
    assert WorkflowContext.from_dict(json.loads(json.dumps(context.to_dict()))) == context


def test_to_dict_makes_json_of_what_is_not() -> None:
    context = WorkflowContext.create("w", {"day": date(2025, 1, 1)}).with_output("a", {"price": Decimal("1.10")})
    found = json.loads(json.dumps(context.to_dict()))
    assert (found["params"], found["outputs"]) == ({"day": "2025-01-01"}, {"a": {"price": "1.10"}})
    with pytest.raises(ValidationError, match=r"the context.s params\.x is a object"):
        WorkflowContext.create("w", {"x": object()}).to_dict()


def test_from_dict_needs_nothing() -> None:
    context = WorkflowContext.from_dict({})
    assert (context.workflow_name, context.params, context.outputs, context.is_dry_run) == ("", {}, {}, False)
    assert context.run_id
    assert context.started_at.tzinfo is UTC


def test_a_time_without_a_zone_is_taken_for_utc() -> None:
    expected = datetime(2025, 1, 1, 6, tzinfo=UTC)
    assert WorkflowContext.from_dict({"started_at": "2025-01-01T06:00:00"}).started_at == expected
    assert WorkflowContext.from_dict({"started_at": expected.replace(tzinfo=None)}).started_at == expected
