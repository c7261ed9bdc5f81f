"""The rules of dry runs; the docstrings are the table of docs/workflows.md."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from spine.framework.alerts import alert_registry, send_alert
from spine.framework.captures import capture, list_captures, read_capture
from spine.framework.pipelines import pipeline
from spine.framework.rejects import Reject, quarantine, reject_store
from spine.orchestration import (
    Step,
    StepResult,
    StepStatus,
    Workflow,
    WorkflowContext,
    WorkflowStatus,
)
from spine.orchestration.run_store import run_store
from spine.testing.channel import RecordingChannel
from tests.orchestration.dry_run_cases import actions, branching, dry, has_days, never, two_days


@pytest.mark.parametrize(
    "step",
    [
        Step.lambda_("s", never),
        Step.pipeline("s", "p"),
        Step.command("s", ["false"]),
        Step.wait("s", 3600),
        Step.wait("s", until=never),
        Step.map("s", "items", function=never),
        Step.map("s", never, function=never),
        Step.map("s", "items", pipeline="p"),
        Step.map("s", "items", Workflow("inner", [Step.lambda_("i", never)])),
        Step.workflow("s", Workflow("inner", [Step.lambda_("i", never)])),
        Step.parallel("s", {"one": [Step.lambda_("i", never)]}),
    ],
    ids=lambda step: f"{step.kind}-{step.spec.does()}",
)
def test_no_step_of_any_type_is_executed(step: Step) -> None:
    """A dry run executes no step, of whatever type: each is shown with what it would run."""
    pipeline("p")(never)
    result = dry(Workflow("w", [step]), {"items": [1, 2]})
    assert (result.status, result.error) == (WorkflowStatus.COMPLETED, None)
    assert actions(result)["s"] == "runs"
    [execution] = result.step_executions
    assert execution.status is StepStatus.SKIPPED
    assert execution.output["skip_reason"].startswith("would run ")
    assert result.context.outputs == {}


def test_a_step_that_says_call_is_executed_and_sees_that_it_is_a_dry_run() -> None:
    """A step with `dry_run="call"` is executed, once, with `context.is_dry_run` set."""
    result = dry(Workflow("w", [Step.lambda_("load", two_days, dry_run="call")]))
    assert actions(result) == {"load": "called"}
    assert result.context.outputs == {"load": {"days": ["mon", "tue"], "dry": True}}
    assert run_store().get_run(result.run_id) is None


def test_what_a_called_step_makes_is_seen_by_the_next_and_gone_afterwards() -> None:
    """What it captures or sets aside is seen by the steps after it, and gone afterwards."""
    capture("kept", [{"n": 1}])

    def make(context: WorkflowContext, config: Any) -> dict[str, Any]:
        capture("made", [{"n": 2}])
        quarantine([Reject("otc", "x", "y")])
        return {"kept": read_capture("kept").data}

    def read(context: WorkflowContext, config: Any) -> dict[str, Any]:
        return {"made": read_capture("made").data}

    steps = [Step.lambda_("make", make, dry_run="call"), Step.lambda_("read", read, dry_run="call")]
    result = dry(Workflow("w", steps))
    assert result.context.outputs == {"make": {"kept": [{"n": 1}]}, "read": {"made": [{"n": 2}]}}
    assert ([item.name for item in list_captures()], reject_store().list_rejects()) == (["kept"], [])


def test_a_called_step_sends_no_alert() -> None:
    """It sends no alert through Spine; what it sends or stores by itself it has to leave."""
    channel = alert_registry.register(RecordingChannel("m"))

    def tell(context: WorkflowContext, config: Any) -> dict[str, Any]:
        return {"sent": len(send_alert("ERROR", "t", "m", "s"))}

    result = dry(Workflow("w", [Step.lambda_("a", tell, dry_run="call")]))
    assert (result.context.outputs, channel.alerts) == ({"a": {"sent": 0}}, [])


def test_a_step_that_needs_an_output_that_was_not_computed_is_shown_and_not_failed() -> None:
    """One that asks for the output of a step that was not executed is shown, and has not failed."""

    def use(context: WorkflowContext, config: Any) -> dict[str, Any]:
        return {"n": len(context.get_output("load", "days", []))}

    result = dry(Workflow("w", [Step.lambda_("load", never), Step.lambda_("use", use, dry_run="call")]))
    assert (result.status, actions(result)["use"]) == (WorkflowStatus.COMPLETED, "runs")
    assert result.plan[1].reason.endswith("the dry run has no output of step 'load': it was not run")


def test_a_choice_whose_input_was_not_computed_shows_both_branches() -> None:
    """A choice whose condition asks for such an output shows both branches; the steps in them may run."""
    result = dry(branching(Step.lambda_("load", never)))
    assert actions(result) == {"load": "runs", "which": "runs", "yes": "may run", "no": "may run", "end": "runs"}
    reasons = {step.step: step.reason for step in result.plan}
    assert (reasons["yes"], reasons["no"]) == ("if 'which' is true", "if 'which' is false")


def test_a_choice_whose_input_was_called_shows_its_branch() -> None:
    """A choice that reads only parameters and outputs of called steps shows the branch that it takes."""
    result = dry(branching(Step.lambda_("load", two_days, dry_run="call")))
    assert actions(result) == {"load": "called", "which": "runs", "yes": "runs", "no": "skipped", "end": "runs"}


def test_a_step_where_both_branches_have_met_is_called_and_one_in_a_branch_is_not() -> None:
    """A step that only may run is not called; one where all branches have met is."""
    steps = [
        Step.lambda_("load", never),
        Step.choice("which", has_days, "yes", "no"),
        Step.lambda_("yes", never, next_step="end", dry_run="call"),
        Step.lambda_("no", never),
        Step.lambda_("end", two_days, dry_run="call"),
    ]
    found = actions(dry(Workflow("w", steps)))
    assert (found["yes"], found["no"], found["end"]) == ("may run", "may run", "called")


def test_a_choice_that_leads_back_is_gone_around_once() -> None:
    """A way that leads back is gone once."""
    steps = [
        Step.lambda_("load", two_days, dry_run="call"),
        Step.choice("again", has_days, "load"),
        Step.lambda_("end", never),
    ]
    assert actions(dry(Workflow("w", steps)))["end"] in ("runs", "may run")


def test_a_when_that_needs_an_output_that_was_not_computed_leaves_it_open() -> None:
    """`when` is asked in the same way: a step whose `when` asks for such an output may run."""
    result = dry(Workflow("w", [Step.lambda_("load", never), Step.lambda_("a", never, when=has_days, dry_run="call")]))
    assert (result.plan[1].action, result.plan[1].reason) == ("may run", "if its `when` is true")


@pytest.mark.parametrize(
    ("first", "does"),
    [
        (Step.lambda_("load", never), "never for each item of 'load.days', which is not known"),
        (Step.lambda_("load", two_days, dry_run="call"), "never for 2 items"),
    ],
)
def test_a_map_tells_how_many_items_it_has_if_that_is_known(first: Step, does: str) -> None:
    """A map tells the number of its items if they are in a parameter or in an output of a called step."""
    result = dry(Workflow("w", [first, Step.map("each", "load.days", function=never)]))
    assert result.plan[1].does.rpartition(":")[2] == does


def test_the_steps_inside_of_a_step_say_for_themselves() -> None:
    """The steps of a sub-workflow, of a branch and of the workflow of a map say for themselves what a dry run does."""
    inner = [Step.lambda_("load", two_days, dry_run="call"), Step.lambda_("store", never)]
    result = dry(
        Workflow(
            "w",
            [
                Step.workflow("sub", Workflow("inner", inner), dry_run="call"),
                Step.parallel("side", {"one": inner}),
                Step.map("each", "items", Workflow("item", inner)),
            ],
        ),
        {"items": [1, 2]},
    )
    found = actions(result)
    assert [found[f"{place}/load"] for place in ("sub", "side/one", "each")] == ["called"] * 3
    assert [found[f"{place}/store"] for place in ("sub", "side/one", "each")] == ["runs"] * 3


def test_a_called_step_that_fails_ends_the_dry_run() -> None:
    """A called step that fails fails the dry run, as it would the run; no step after it is called."""

    def fail(context: WorkflowContext, config: Any) -> StepResult:
        return StepResult.fail("no", "SOURCE")

    steps = [
        Step.lambda_("a", fail, dry_run="call"),
        Step.lambda_("b", never, dry_run="call"),
        Step.lambda_("c", never, always_run=True),
    ]
    result = dry(Workflow("w", steps, on_failure=[Step.lambda_("tell", never)], on_success=[Step.lambda_("ok", never)]))
    assert (result.status, result.error_step, result.error, result.error_category) == (
        WorkflowStatus.FAILED,
        "a",
        "no",
        "SOURCE",
    )
    assert actions(result) == {"a": "fails", "b": "skipped", "c": "runs", "tell": "may run", "ok": "skipped"}


def test_a_wait_tells_for_what() -> None:
    """A wait is not waited for, and its condition is not asked."""
    moment = datetime(2026, 12, 1, 6, tzinfo=UTC)
    result = dry(Workflow("w", [Step.wait("a", 90), Step.wait("b", until=moment)]))
    assert [step.does for step in result.plan] == ["a wait of 90 s", "a wait until 2026-12-01T06:00:00+00:00"]
