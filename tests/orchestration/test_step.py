"""Steps as data: factories and their arguments."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from spine.core.errors import ValidationError
from spine.orchestration import END, ErrorPolicy, RetryPolicy, Step, StepResult, StepType, Workflow, WorkflowContext
from spine.orchestration.definition.workflow import step_of


def handler(ctx: WorkflowContext, config: Any) -> StepResult:
    return StepResult.ok()


def is_good(ctx: WorkflowContext) -> bool:
    return True


def test_a_lambda_step_and_its_defaults() -> None:
    step = Step.lambda_("check", handler)
    assert (step.name, step.step_type, step.handler, step.config) == ("check", StepType.LAMBDA, handler, {})
    assert (step.on_error, step.retry_policy, step.next_step) == (ErrorPolicy.STOP, None, None)
    assert (step.pipeline_name, step.condition, step.then_step, step.else_step) == (None, None, None, None)
    assert Step.lambda_("check", handler, {"n": 1}, ErrorPolicy.CONTINUE).config == {"n": 1}


@pytest.mark.parametrize("given", ["CONTINUE", "continue", ErrorPolicy.CONTINUE])
def test_on_error_takes_the_name_of_a_policy_as_a_text(given: ErrorPolicy | str) -> None:
    assert Step.lambda_("check", handler, on_error=given).on_error is ErrorPolicy.CONTINUE


def test_an_unknown_policy_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValidationError, match="on_error 'ignore' is not valid: use stop, continue, retry"):
        Step.pipeline("ingest", "finra.ingest", on_error="ignore")


def test_a_pipeline_step_and_its_defaults() -> None:
    step = Step.pipeline("ingest", "finra.ingest")
    assert (step.name, step.step_type, step.pipeline_name, step.config) == (
        "ingest",
        StepType.PIPELINE,
        "finra.ingest",
        {},
    )
    given = Step.pipeline("ingest", "finra.ingest", {"week": "1"}, ErrorPolicy.RETRY)
    assert (given.config, given.on_error) == ({"week": "1"}, ErrorPolicy.RETRY)


def test_a_choice_step_and_its_targets() -> None:
    step = Step.choice("route", is_good, "yes")
    assert (step.step_type, step.condition, step.then_step, step.else_step) == (StepType.CHOICE, is_good, "yes", None)
    assert Step.choice("route", condition=is_good, then_step="yes", else_step="no").targets == ("yes", "no")
    assert Step.choice("route", is_good, "yes", END).targets == ("yes",)
    assert Step.lambda_("a", handler, next_step="b").targets == ("b",)
    assert Step.lambda_("a", handler, next_step=END).targets == ()


def test_steps_are_equal_by_value_and_closed_to_changes() -> None:
    config: dict[str, Any] = {"list": [1]}
    step = Step.lambda_("check", handler, config)
    assert step == Step.lambda_("check", handler, {"list": [1]})
    assert step != Step.lambda_("other", handler, {"list": [1]})
    config["list"].append(2)
    assert step.config == {"list": [1]}
    with pytest.raises(FrozenInstanceError):
        step.name = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        step.config["list"].append(2)


@pytest.mark.parametrize("name", ["", "a b", "a/b", 5])
def test_a_name_that_breaks_the_rule_is_refused(name: Any) -> None:
    with pytest.raises(ValidationError, match=r"step name .* is not valid"):
        Step.lambda_(name, handler)


def test_no_step_may_be_called_as_the_end_is() -> None:
    with pytest.raises(ValidationError, match="means the end of the run"):
        Step.lambda_(END, handler)


@pytest.mark.parametrize(
    ("step", "tiers"),
    [
        (Step.lambda_("a", handler), (True, False, False)),
        (Step.pipeline("a", "p"), (True, False, False)),
        (Step.choice("a", is_good, "b"), (False, True, False)),
        (Step("a", "sql"), (False, False, True)),
    ],
)
def test_a_step_knows_the_tier_that_has_it(step: Step, tiers: tuple[bool, bool, bool]) -> None:
    assert (step.is_basic_tier(), step.is_intermediate_tier(), step.is_advanced_tier()) == tiers


def test_retrying_without_a_policy_takes_the_default_one() -> None:
    assert Step.lambda_("a", handler).effective_retry is None
    assert Step.lambda_("a", handler, on_error=ErrorPolicy.RETRY).effective_retry == RetryPolicy()
    own = RetryPolicy(max_attempts=9)
    assert Step.lambda_("a", handler, on_error=ErrorPolicy.RETRY, retry_policy=own).effective_retry is own
    assert Step.lambda_("a", handler).with_retry(own).effective_retry is own


def test_the_dict_of_a_step_names_its_functions_and_holds_json_only() -> None:
    step = Step.lambda_("check", handler, {"limits": {3, 1}}, retry_policy=RetryPolicy(max_attempts=2))
    assert step.to_dict() == {
        "name": "check",
        "type": "lambda",
        "config": {"limits": [1, 3]},
        "on_error": "stop",
        "retry_policy": RetryPolicy(max_attempts=2).to_dict(),
        "handler": f"{__name__}:handler",
    }
    assert Step.choice("c", is_good, "a", "b").to_dict()["condition"] == f"{__name__}:is_good"


def test_a_config_that_json_cannot_hold_is_named() -> None:
    with pytest.raises(ValidationError, match=r"the config of step 'check'\.f is a function"):
        Step.lambda_("check", handler, {"f": handler}).to_dict()


def test_enum_values_are_lower_case() -> None:
    assert [policy.value for policy in ErrorPolicy] == ["stop", "continue", "retry"]
    assert {"lambda", "pipeline", "choice"} <= {kind.value for kind in StepType}


async def is_async(*_given: Any) -> bool:
    return False


async def yields_async(*_given: Any) -> Any:
    yield 1


def yields(*_given: Any) -> Any:
    yield 1


class AsyncCall:
    async def __call__(self, *_given: Any) -> bool:
        return False


@pytest.mark.parametrize(
    "function", [is_async, yields_async, yields, AsyncCall(), partial(is_async, 1), AsyncCall().__call__]
)
@pytest.mark.parametrize(
    "build",
    [
        lambda function: Step.lambda_("s", function),
        lambda function: Step.choice("s", function, "a"),
        lambda function: Step.wait("s", until=function),
        lambda function: Step.map("s", "items", function=function),
        lambda function: Step.pipeline("s", "p", when=function),
    ],
)
def test_functions_whose_call_runs_nothing_are_refused(build: Any, function: Any) -> None:
    with pytest.raises(ValidationError, match=r"^the \w+ of step 's' is (async, and steps|a generator, whose)"):
        build(function)


def test_the_items_of_a_map_may_be_yielded_but_not_awaited() -> None:
    assert Step.map("s", yields, pipeline="p").items_path is yields
    for function in (is_async, yields_async):
        with pytest.raises(ValidationError, match="is async, and steps do not await"):
            Step.map("s", function, pipeline="p")


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e15])
def test_numbers_that_are_not_finite_or_too_long_are_refused_by_field_when_the_step_is_built(value: float) -> None:
    for build, field in (
        (lambda: Step.wait("w", duration_seconds=value), "duration_seconds"),
        (lambda: Step.wait("w", until=is_good, poll_seconds=value), "poll_seconds"),
        (lambda: Step.map("w", "items", function=print, timeout=value), "timeout"),
        (lambda: RetryPolicy(max_delay_seconds=value), "max_delay_seconds"),
        (lambda: Workflow("w", [], timeout=value), "timeout"),
    ):
        with pytest.raises((ValidationError, ValueError), match=field):
            build()


@pytest.mark.parametrize("most", [0, -1, 1.5, True, "2 GB"])
def test_a_max_memory_that_is_no_number_of_bytes_is_refused(most: Any) -> None:
    with pytest.raises(ValidationError, match=r"max_memory of step 'a' is .*: give a number of bytes"):
        Step.pipeline("a", "p", max_memory=most)


def test_a_step_without_a_process_of_its_own_cannot_have_max_memory() -> None:
    with pytest.raises(ValidationError, match="a step of type command runs in no process of its own"):
        Step.command("a", ["true"], max_memory=1 << 30)


def test_max_memory_is_in_the_definition() -> None:
    step = Step.pipeline("a", "p", max_memory=1 << 30)
    assert step_of(step.to_dict()) == step
    assert "max_memory" not in Step.pipeline("a", "p").to_dict()
