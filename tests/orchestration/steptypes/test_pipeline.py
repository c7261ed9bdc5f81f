"""Pipeline steps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from spine.core.errors import SourceNotFoundError
from spine.core.result import Err, Ok
from spine.framework.captures import capture, list_captures, read_capture
from spine.framework.dispatcher import Dispatcher, TriggerSource
from spine.framework.params import ParamDef, PipelineSpec
from spine.framework.pipelines import Pipeline, PipelineContext, PipelineResult, PipelineStatus, pipeline
from spine.framework.registry import register_pipeline
from spine.orchestration import Step, Workflow, WorkflowResult, WorkflowRunner, WorkflowStatus

ROWS = [{"symbol": "NA", "id": "007"}]
NOW = datetime(2025, 1, 1, tzinfo=UTC)


def execute(
    function: Callable[..., Any], params: dict[str, Any] | None = None, spec: PipelineSpec | None = None
) -> WorkflowResult:
    """Run a workflow of one step, `a`, that runs `function` as pipeline `p`."""
    pipeline("p", spec=spec, replace=True)(function)
    return WorkflowRunner().execute(Workflow("w", [Step.pipeline("a", "p")]), params)


@pytest.mark.parametrize(
    ("make", "output"),
    [
        (lambda: {"record_count": 3}, {"record_count": 3}),
        (lambda: None, {}),
        (lambda: Ok({"n": 1}), {"n": 1}),
        (lambda: PipelineResult(PipelineStatus.COMPLETED, NOW, metrics={"n": 2}), {"n": 2}),
    ],
)
def test_the_output_of_the_step_is_what_the_pipeline_returned(make: Callable[[], Any], output: dict[str, Any]) -> None:
    result = execute(lambda params: make())
    assert (result.status, result.context.get_output("a")) == (WorkflowStatus.COMPLETED, output)


@pytest.mark.parametrize("make", [lambda: ROWS, lambda: pa.table({"symbol": ["NA"], "id": ["007"]})])
def test_rows_and_tables_are_captured_and_the_step_refers_to_them(make: Callable[[], Any]) -> None:
    result = execute(lambda params: make())
    kept = read_capture("p")
    assert kept.data == ROWS
    assert (kept.capture.run_id, kept.capture.step) == (result.run_id, "a")
    assert result.context.get_output("a", "record_count") == 1
    assert result.context.get_output("a", "capture_id") == kept.capture.capture_id


def test_a_capture_is_referred_to() -> None:
    result = execute(lambda params: capture("other", ROWS))
    assert result.context.get_output("a", "capture") == "other"


def test_an_err_fails_the_step_with_its_error() -> None:
    result = execute(lambda params: Err(SourceNotFoundError("no file")))
    assert (result.status, result.error, result.error_category) == (WorkflowStatus.FAILED, "no file", "SOURCE")


def test_nonsense_fails_the_step_as_a_pipeline_error() -> None:
    result = execute(lambda params: 5)
    assert (result.status, result.error_category) == (WorkflowStatus.FAILED, "PIPELINE")
    assert result.error is not None
    assert "pipeline 'p' returned int: return a dict, rows" in result.error


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (PipelineResult(PipelineStatus.FAILED, NOW, error="too few rows"), "too few rows"),
        (PipelineResult(PipelineStatus.FAILED, NOW), "pipeline 'p' ended FAILED"),
        (PipelineResult(PipelineStatus.RUNNING, NOW), "pipeline 'p' ended RUNNING"),
    ],
)
def test_a_result_that_is_not_completed_fails_the_step_and_leaves_nothing_behind(
    result: PipelineResult, error: str
) -> None:
    def failing(params: dict[str, Any]) -> PipelineResult:
        capture("lost", ROWS)
        return result

    ended = execute(failing)
    assert (ended.status, ended.error, ended.error_category) == (WorkflowStatus.FAILED, error, "PIPELINE")
    assert list_captures() == []


def test_unchanged_is_the_outcome_of_the_run() -> None:
    result = execute(lambda params: Ok(PipelineResult.unchanged("same file")))
    assert (result.outcome, result.context.get_output("a")) == ("unchanged", {"reason": "same file"})


def test_the_params_are_those_of_the_run_with_the_steps_over_them_and_the_defaults_under_them() -> None:
    seen: list[dict[str, Any]] = []
    spec = PipelineSpec(optional_params={name: ParamDef(name, int, "", default=0) for name in "abc"})
    pipeline("p", spec=spec)(lambda params: seen.append(params))
    result = WorkflowRunner().execute(Workflow("w", [Step.pipeline("s", "p", {"b": 2})]), {"a": 1, "b": 1})
    assert seen == [{"a": 1, "b": 2, "c": 0}]
    assert result.context.params == {"a": 1, "b": 1}


def test_params_that_do_not_fit_fail_the_step() -> None:
    result = execute(lambda params: None, {}, PipelineSpec({"week": ParamDef("week", str, "")}))
    assert (result.status, result.error) == (WorkflowStatus.FAILED, "pipeline 'p': missing parameters: week")


def test_an_unknown_pipeline_fails_the_step_with_the_closest_name() -> None:
    pipeline("finra.ingest")(lambda params: None)
    result = WorkflowRunner().execute(Workflow("w", [Step.pipeline("a", "finra.ingset")]))
    assert result.error == "pipeline 'finra.ingset' not found; did you mean 'finra.ingest'?"


def test_the_context_of_the_pipeline_is_that_of_the_run() -> None:
    contexts: list[PipelineContext] = []
    pipeline("p")(lambda params, context: contexts.append(context))
    workflow = Workflow(
        "w", [Step.lambda_("first", lambda ctx, config: {"n": 1}), Step.pipeline("a", "p")], domain="finra"
    )
    result = WorkflowRunner().execute(workflow, partition={"week": "1"})
    assert contexts == [PipelineContext("p", result.run_id, "w", "a", 1, "finra", {"week": "1"}, {"first": {"n": 1}})]


def test_a_class_under_two_names_runs_as_either() -> None:
    class Twice(Pipeline):
        def run(self) -> PipelineResult:
            return PipelineResult.completed(NOW, {"as": self.name})

    for name in ("one", "two"):
        register_pipeline(name)(Twice)
    result = WorkflowRunner().execute(Workflow("w", [Step.pipeline("a", "one"), Step.pipeline("b", "two")]))
    assert result.context.outputs == {"a": {"as": "one"}, "b": {"as": "two"}}


def test_the_execution_has_the_trigger_of_the_run() -> None:
    pipeline("p")(lambda params: None)
    dispatcher = Dispatcher()
    runner = WorkflowRunner(dispatcher, triggered_by=TriggerSource.SCHEDULER)
    runner.execute(Workflow("w", [Step.pipeline("a", "p")]))
    assert dispatcher.list_executions()[0].trigger_source is TriggerSource.SCHEDULER


def test_a_step_without_a_pipeline_fails() -> None:
    result = WorkflowRunner().execute(Workflow("w", [Step("a", "pipeline")]))
    assert result.error == "step 'a' has no PipelineStepSpec: build it with Step.pipeline(name, ...)"
