"""Graph of a run, from the definition that the run was created with."""

from __future__ import annotations

from pathlib import Path

import pytest

from spine.orchestration import Step, Workflow
from spine.orchestration.definition.graph import edges
from spine.orchestration.definition.step import END
from spine.project import open_project
from spine.project.run_graph import run_graph
from spine.testing import make_project


def _nothing(context, config):
    return {}


def _step(name: str, **options: object) -> Step:
    return Step.lambda_(name, _nothing, **options)


def _choice(name: str, then: str, other: str | None = None) -> Step:
    return Step.choice(name, condition=bool, then_step=then, else_step=other)


@pytest.mark.parametrize(
    "steps",
    [
        [_step("a"), _step("b"), _step("c")],
        [_step("a"), _choice("route", "b", "c"), _step("b"), _step("d"), _step("c")],
        [_step("a"), _choice("route", "c"), _step("b"), _step("c"), _step("d")],
        [_step("a", next_step="c"), _step("b"), _step("c", next_step=END), _step("d")],
        [_step("a"), _choice("again", "a", "done"), _step("done")],
    ],
    ids=["in order", "two ways", "one way", "jumps", "loop"],
)
def test_the_ways_are_those_of_the_workflow(steps: list[Step]) -> None:
    workflow = Workflow("w", steps)
    found = run_graph(workflow.to_dict(), [])["edges"]
    expected = [(way.source, way.target) for way in edges(workflow) if way.target is not None]
    assert [(edge["from"], edge["to"]) for edge in found] == expected


def test_the_steps_after_the_end_are_nodes_too() -> None:
    workflow = Workflow("w", [_step("a")], on_failure=[_step("tell")])
    assert [node["step_name"] for node in run_graph(workflow.to_dict(), [])["nodes"]] == ["a", "tell"]


def test_without_a_definition_the_attempts_follow_one_another() -> None:
    attempt = dict.fromkeys(("started_at", "completed_at", "duration_ms", "row_count"))
    rows = [{**attempt, "step_name": name, "step_type": "lambda", "status": "COMPLETED", "attempt": 1} for name in "ab"]
    found = run_graph({}, rows)
    assert [node["status"] for node in found["nodes"]] == ["COMPLETED", "COMPLETED"]
    assert found["edges"] == [{"from": "a", "to": "b", "label": ""}]


FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

def fail(context, config):
    raise ValueError("no")

steps = [Step.lambda_("first", lambda context, config: {"record_count": 5}), Step.lambda_("second", fail)]
workflow_registry.register(Workflow("w", [*steps, Step.lambda_("third", fail)]))
"""


def test_a_node_has_the_state_of_its_last_attempt(tmp_path: Path) -> None:
    with open_project(make_project(tmp_path / "project", flows=FLOWS)) as project:
        run_id = project.run("w").run_id
        found = project.runs.graph(run_id)
    assert [(node["step_name"], node["status"], node["row_count"]) for node in found["nodes"]] == [
        ("first", "COMPLETED", 5),
        ("second", "FAILED", None),
        ("third", None, None),
    ]
    assert [(edge["from"], edge["to"]) for edge in found["edges"]] == [("first", "second"), ("second", "third")]
