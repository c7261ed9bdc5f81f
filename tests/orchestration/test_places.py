"""Code of a user leaves the same wherever a run executes it: a step, an item, a branch, another process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from spine.framework.captures import list_captures
from spine.orchestration import RetryPolicy, Step, Workflow, WorkflowResult, WorkflowRunner
from spine.orchestration.run_store import run_store

SETTINGS = """
[sources.weeks]
type = "http"
url = "http://127.0.0.1:9/weeks"
max_attempts = 1
"""
FLOWS = """
import datetime
import decimal
from spine import capture, pipeline, source
from spine.core.errors import RateLimitError

def act(what):
    if what == "unchecked":
        return {"rows": len(source("weeks").fetch().data)}
    if what == "limited":
        raise RateLimitError("slow down", retry_after=77)
    if what == "typed":
        return {"day": datetime.date(2026, 1, 2), "price": decimal.Decimal("1.10"), "codes": {"A"}}
    if what == "bytes":
        return {"raw": b"x"}
    raise UnsendableError(code=3)

class UnsendableError(Exception):
    def __init__(self, *, code):
        super().__init__(f"code {code}")

pipeline("act")(lambda params: act(params["what"]))

def function(context, config):
    return act(context.params["what"])

def item(context, item):
    return act(context.params["what"])

def keep(context, config):
    capture("rows", [{"n": 1}])
"""
PIPELINES = {
    "pipeline": Step.pipeline("s", "act"),
    "pipeline in a process of its own": Step.pipeline("s", "act", timeout=3600),
    "pipeline on processes": Step.pipeline("s", "act", executor="processes"),
}
MAPS = {
    "map of pipelines on threads": Step.map("s", "items", pipeline="act"),
    "map of pipelines on processes": Step.map("s", "items", pipeline="act", executor="processes"),
}

in_a_step = pytest.mark.parametrize("step", PIPELINES.values(), ids=PIPELINES)
in_an_item = pytest.mark.parametrize("step", MAPS.values(), ids=MAPS)
anywhere = pytest.mark.parametrize("step", [*PIPELINES.values(), *MAPS.values()], ids=[*PIPELINES, *MAPS])

Ran = Callable[..., WorkflowResult]


@pytest.fixture
def ran(scratch_project: Any, slept: list[float]) -> Ran:
    """Return a function that runs a step with the parameter `what`."""
    scratch_project(settings=SETTINGS, flows=FLOWS)

    def execute(step: Step, what: str = "", **options: Any) -> WorkflowResult:
        workflow = Workflow("w", [step], **options)
        return WorkflowRunner(sleep=slept.append).execute(workflow, {"what": what, "items": [1]})

    return execute


def function(name: str) -> Any:
    import flows  # type: ignore[import-not-found]  # of the scratch project

    return getattr(flows, name)


@anywhere
def test_code_that_does_not_check_a_fetch_fails_with_the_error_of_the_fetch(step: Step, ran: Ran) -> None:
    result = ran(step, "unchecked")
    assert (result.error_category, result.error_retryable) == ("NETWORK", True)
    assert "http://127.0.0.1:9/weeks: the connection to 127.0.0.1 failed: Connection refused" in str(result.error)


@in_an_item
def test_typed_values_of_pipelines_are_json_in_the_result_of_an_item(step: Step, ran: Ran) -> None:
    result = ran(step, "typed")
    assert result.context.get_output("s", "results") == [{"day": "2026-01-02", "price": "1.10", "codes": ["A"]}]


@in_an_item
def test_a_value_that_json_cannot_hold_fails_its_item_and_is_named(step: Step, ran: Ran) -> None:
    result = ran(step, "bytes")
    assert result.error_category == "VALIDATION"
    assert "an item's result of step 's'.raw is a bytes, which JSON cannot hold" in str(result.error)
    [failed] = run_store().list_items(result.run_id, "s", 1)
    assert failed.status.name == "FAILED"


@in_a_step
def test_an_error_that_cannot_be_sent_has_the_same_text(step: Step, ran: Ran) -> None:
    result = ran(step)
    assert (result.error, result.error_category) == ("code 3", "INTERNAL")


def retried(step: Step) -> Step:
    from attrs import evolve

    return evolve(step, retry_policy=RetryPolicy(max_attempts=2, jitter=False, initial_delay_seconds=0))


@anywhere
def test_a_retry_waits_as_long_as_the_error_asks_for(step: Step, ran: Ran, slept: list[float]) -> None:
    assert ran(retried(step), "limited").error_category == "NETWORK"
    assert slept == [77]


def test_a_retry_of_branches_and_sub_workflows_waits_as_long_as_the_error_asks_for(
    ran: Ran, slept: list[float]
) -> None:
    child = Workflow("child", [Step.lambda_("inner", function("function"))])
    nested = Workflow("nested", [Step.parallel("branches", {"one": [Step.workflow("below", child)]})])
    ran(retried(Step.workflow("s", child)), "limited")
    ran(retried(Step.workflow("s", nested)), "limited")
    ran(retried(Step.map("s", "items", child)), "limited")
    assert slept == [77, 77, 77]


def test_a_run_that_fails_in_a_branch_names_the_place_in_the_code(ran: Ran) -> None:
    result = ran(Step.parallel("s", {"one": [Step.lambda_("inner", function("function"))]}))
    [step] = result.step_executions
    assert step.failure is not None
    assert step.failure["type"] == "UnsendableError"
    assert step.failure["frames"][-1]["function"] == "act"


def test_a_branch_has_the_domain_and_the_version_of_its_workflow(ran: Ran) -> None:
    step = Step.parallel("s", {"one": [Step.lambda_("inner", function("keep"))]})
    result = ran(step, domain="finra.otc", version=3)
    [branch] = run_store().list_children(result.run_id)
    assert (branch.domain, branch.workflow_version) == ("finra.otc", 3)
    assert [kept.domain for kept in list_captures("rows")] == ["finra.otc"]
