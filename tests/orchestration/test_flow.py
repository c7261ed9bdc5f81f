"""Flow of a run: the table of branch cases, jumps backwards, and beginning in the middle."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from spine.core.errors import WorkflowError
from spine.orchestration import END, ErrorPolicy, Step, StepResult, Workflow, WorkflowRunner, WorkflowStatus
from spine.orchestration.engine.flow import MAX_BACKWARD_JUMPS, Flow

# the file is read by its path, for pytest's importlib mode puts no folder of tests on sys.path
_spec = spec_from_file_location("branch_cases", Path(__file__).with_name("branch_cases.py"))
assert _spec is not None
assert _spec.loader is not None
branch_cases = module_from_spec(_spec)
_spec.loader.exec_module(branch_cases)


def build(texts: Sequence[str], answers: Mapping[str, Sequence[bool]], ran: list[str]) -> Workflow:
    """Make the workflow of a branch case; its steps add their names to `ran`."""

    def step_of(text: str) -> Step:
        name, _, way = text.partition(" ")
        mark, _, targets = way.partition(" ")

        def note(ctx: Any, config: Any = None) -> None:
            ran.append(name)

        if mark != "?":
            return Step.lambda_(name, note, next_step=END if targets == "END" else targets or None)
        then_step, _, else_step = targets.partition(" : ")
        given = answers.get(name, [True])
        pending: Iterator[bool] = chain(given, repeat(given[-1]))

        def condition(ctx: Any) -> bool:
            ran.append(name)
            return next(pending)

        return Step.choice(name, condition, then_step, END if else_step == "END" else else_step or None)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some cases name a step that does not exist
        return Workflow("w", [step_of(text) for text in texts])


@pytest.mark.parametrize("case", branch_cases.BRANCH_CASES, ids=lambda case: case.rule)
def test_the_branch_rules(case: Any) -> None:
    ran: list[str] = []
    workflow = build(case.steps, case.answers, ran)
    result = WorkflowRunner().execute(workflow)
    assert ran == list(case.ran)
    if case.error:
        assert (result.status, result.error, result.error_step) == (WorkflowStatus.FAILED, case.error, case.ran[-1])
        assert result.failed_steps == [case.ran[-1]]
    else:
        assert (result.status, result.error) == (WorkflowStatus.COMPLETED, None)
        assert result.skipped_steps == [name for name in workflow.step_names() if name not in ran]


def test_every_rule_of_the_table_is_another_one() -> None:
    rules = [case.rule for case in branch_cases.BRANCH_CASES]
    assert len(set(rules)) == len(rules)


@pytest.mark.parametrize("chosen", ["third", END])
def test_the_step_that_a_result_names_wins_over_the_steps_own_next_step(chosen: str) -> None:
    ran: list[str] = []
    steps = [
        Step.lambda_("first", lambda ctx, config: StepResult.ok(next_step=chosen), next_step="second"),
        Step.lambda_("second", lambda ctx, config: ran.append("second")),
        Step.lambda_("third", lambda ctx, config: ran.append("third")),
    ]
    assert WorkflowRunner().execute(Workflow("w", steps)).status is WorkflowStatus.COMPLETED
    assert ran == (["third"] if chosen == "third" else [])


def test_jumps_backwards_are_bounded() -> None:
    ran: list[str] = []
    result = WorkflowRunner().execute(build(["a", "b ? a : END"], {}, ran))
    assert len(ran) == 2 * (MAX_BACKWARD_JUMPS + 1)
    assert (result.status, result.error_step) == (WorkflowStatus.FAILED, "b")
    assert result.error == "step 'b' jumped backwards to 'a' too often: a run may jump backwards 1000 times"


def test_a_jump_to_the_step_itself_is_one_backwards() -> None:
    ran: list[str] = []
    result = WorkflowRunner().execute(build(["a > a"], {}, ran))
    assert (result.status, len(ran)) == (WorkflowStatus.FAILED, MAX_BACKWARD_JUMPS + 1)


def test_a_choice_that_fails_and_may_fail_takes_neither_branch() -> None:
    ran: list[str] = []
    workflow = build(["c ? yes : no", "yes", "no", "end"], {}, ran)
    failing = Step.choice("c", lambda ctx: 1 / 0, "yes", "no", on_error=ErrorPolicy.CONTINUE)
    result = WorkflowRunner().execute(Workflow("w", [failing, *workflow.steps[1:]]))
    assert (result.status, ran) == (WorkflowStatus.PARTIAL, ["end"])


@pytest.mark.parametrize(
    ("start", "outputs", "path"),
    [
        ("route", {}, ["route"]),
        ("yes", {}, ["yes", "end"]),
        ("no", {}, ["no", "end"]),
        ("end", {}, ["end"]),
        ("between", {}, ["between", "end"]),
        ("between", {"route": {"next_step": "yes"}}, ["between", "yes", "end"]),
        ("between", {"route": {"next_step": "no"}}, ["between", "no", "end"]),
    ],
)
def test_a_run_that_begins_in_the_middle_goes_as_if_the_choices_before_had_led_there(
    start: str, outputs: dict[str, Any], path: list[str]
) -> None:
    workflow = build(["route ? yes : no", "between", "yes", "no", "end"], {}, [])
    flow = Flow.starting_at(workflow, workflow.step_index(start), outputs)
    went = []
    while flow.current is not None and flow.current.name != "route":
        went.append(flow.current.name)
        flow.advance(flow.current, None)
    assert went == (path if start != "route" else [])


def test_a_target_that_does_not_exist_is_told_before_the_flow_moves() -> None:
    workflow = build(["a", "b"], {}, [])
    flow = Flow(workflow)
    with pytest.raises(WorkflowError, match="goes to 'x'"):
        flow.check(workflow.steps[0], "x")
    with pytest.raises(WorkflowError, match="goes to 'x'"):
        flow.advance(workflow.steps[0], "x")
    assert flow.current is workflow.steps[0]
