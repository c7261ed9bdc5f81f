"""Dry runs beside their rules: parameters, processes, failures, and the option."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from spine.core.errors import ValidationError
from spine.framework.captures import capture, list_captures
from spine.orchestration import (
    END,
    ErrorPolicy,
    Step,
    StepResult,
    Workflow,
    WorkflowContext,
    WorkflowRunner,
    WorkflowStatus,
)
from spine.orchestration.definition.workflow import step_of
from tests.orchestration.dry_run_cases import actions, branching, dry, has_days, never, two_days


def is_large(context: WorkflowContext) -> bool:
    return bool(context.get_param("n", 0) > 1)


def test_a_context_may_ask_for_a_dry_run() -> None:
    context = WorkflowContext.create("w", dry_run=True)
    result = WorkflowRunner().execute(Workflow("w", [Step.lambda_("a", never)]), context=context)
    assert actions(result) == {"a": "runs"}


@pytest.mark.parametrize(("n", "skipped"), [(2, "no"), (1, "yes")])
def test_a_choice_that_reads_parameters_shows_its_branch(n: int, skipped: str) -> None:
    found = actions(dry(branching(condition=is_large), {"n": n}))
    assert [name for name, action in found.items() if action == "skipped"] == [skipped]


def test_a_step_after_a_branch_that_may_end_the_run_may_run() -> None:
    steps = [
        Step.lambda_("load", never),
        Step.choice("which", has_days, "more", END),
        Step.lambda_("more", never),
        Step.lambda_("last", never, dry_run="call"),
    ]
    assert actions(dry(Workflow("w", steps)))["last"] == "may run"


@pytest.mark.parametrize(("n", "action"), [(2, "called"), (1, "skipped")])
def test_when_is_asked_if_what_it_reads_is_known(n: int, action: str) -> None:
    assert actions(dry(Workflow("w", [Step.lambda_("a", two_days, when=is_large, dry_run="call")]), {"n": n})) == {
        "a": action
    }


def test_a_map_that_says_call_calls_its_function_for_each_item() -> None:
    def note(context: WorkflowContext, item: Any) -> Any:
        return [item, context.is_dry_run]

    result = dry(Workflow("w", [Step.map("each", "items", function=note, dry_run="call")]), {"items": [1, 2]})
    assert result.context.get_output("each", "results") == [[1, True], [2, True]]


def test_a_workflow_whose_steps_are_all_called_has_its_outputs() -> None:
    inner = Workflow("inner", [Step.lambda_("load", two_days, dry_run="call")])
    steps = [Step.workflow("sub", inner), Step.map("each", "sub.load.days", function=never)]
    assert dry(Workflow("w", steps)).plan[-1].does.endswith("for 2 items")


def test_a_called_step_that_may_fail_does_not_end_it() -> None:
    def fail(context: WorkflowContext, config: Any) -> StepResult:
        return StepResult.fail("no")

    steps = [Step.lambda_("a", fail, on_error=ErrorPolicy.CONTINUE, dry_run="call"), Step.lambda_("b", never)]
    result = dry(Workflow("w", steps))
    assert (result.status, actions(result)["b"]) == (WorkflowStatus.PARTIAL, "runs")


def test_a_pipeline_that_does_not_exist_fails_it() -> None:
    result = dry(Workflow("w", [Step.pipeline("a", "missing")]))
    assert (result.status, result.error) == (WorkflowStatus.FAILED, "there is no pipeline 'missing'")


def test_what_resolve_params_stores_is_gone_too() -> None:
    def resolve(params: dict[str, Any]) -> dict[str, Any]:
        capture("looked", [{"n": 1}])
        return {**params, "week": "1"}

    result = dry(Workflow("w", [], resolve_params=resolve))
    assert (dict(result.context.params), list_captures()) == ({"week": "1"}, [])


def in_a_process(context: WorkflowContext, config: Any) -> dict[str, Any]:
    made = capture("made", [{"n": 1}])
    return {"dry": context.is_dry_run, "rows": made.row_count, "has": context.get_output("before", "n")}


@pytest.mark.parametrize("first", [[], [Step.lambda_("before", never)]], ids=["known", "not-known"])
def test_a_called_step_with_a_timeout_runs_in_its_process(first: Sequence[Step]) -> None:
    result = dry(Workflow("w", [*first, Step.lambda_("a", in_a_process, timeout=600, dry_run="call")]))
    assert (result.error, actions(result)["a"]) == (None, "runs" if first else "called")
    assert list_captures() == []


def test_it_starts_from_a_step_with_the_outputs_of_another_run() -> None:
    context = WorkflowContext.create("w").with_output("load", {"days": []})
    workflow = branching(Step.lambda_("load", never))
    result = WorkflowRunner(dry_run=True).execute(workflow, context=context, start_from="which")
    assert actions(result) == {"which": "runs", "yes": "skipped", "no": "runs", "end": "runs"}


def test_the_option_is_in_the_definition_and_read_back() -> None:
    step = Step.command("a", ["ls"], dry_run="call")
    assert step.to_dict()["dry_run"] == "call"
    assert step_of(step.to_dict()) == step
    assert "dry_run" not in Step.command("a", ["ls"]).to_dict()


def test_another_value_of_the_option_is_refused() -> None:
    with pytest.raises(ValidationError, match='dry_run is "skip" or "call", not True'):
        Step.lambda_("a", never, dry_run=True)  # type: ignore[arg-type]


def test_a_command_is_shown_with_the_values_that_are_known() -> None:
    steps = [
        Step.command("a", ["load", "{week}"]),
        Step.command("b", ["load", "{a.exit_code}"]),
        Step.command("c", ["load", "{month}"]),
    ]
    result = dry(Workflow("w", steps), {"week": "12"})
    assert [step.does for step in result.plan[:2]] == ["load 12", "load {a.exit_code}"]
    assert (result.plan[2].action, result.status) == ("fails", WorkflowStatus.FAILED)


def test_a_when_that_fails_in_a_branch_that_may_be_taken_leaves_it_open() -> None:
    def broken(context: WorkflowContext) -> bool:
        raise KeyError("week")

    steps = [
        Step.lambda_("load", never),
        Step.choice("which", lambda context: context.get_output("load", "n"), "yes", "no"),
        Step.lambda_("yes", never, when=broken),
        Step.lambda_("no", never),
    ]
    result = dry(Workflow("w", steps))
    assert (result.status, actions(result)["yes"]) == (WorkflowStatus.COMPLETED, "may run")


def test_a_called_step_that_leads_nowhere_fails_it() -> None:
    with pytest.warns(UserWarning, match="goes to 'nowhere'"):
        workflow = Workflow("w", [Step.lambda_("a", lambda context, config: None, next_step="nowhere", dry_run="call")])
    result = dry(workflow)
    assert (result.status, result.error_step) == (WorkflowStatus.FAILED, "a")
