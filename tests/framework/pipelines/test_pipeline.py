"""Pipelines as classes and as functions, and their return values."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from spine.core.errors import BadParamsError, PipelineError, SourceNotFoundError
from spine.core.result import Err, Ok
from spine.framework.captures import capture, read_capture
from spine.framework.params import ParamDef, PipelineSpec
from spine.framework.pipelines import (
    Pipeline,
    PipelineContext,
    PipelineResult,
    PipelineStatus,
    pipeline,
    pipeline_registry,
)
from spine.framework.work import Work, use_work

SPEC = PipelineSpec(
    required_params={"week": ParamDef("week", str, "the week")},
    optional_params={"limit": ParamDef("limit", int, "at most", default=10)},
)
NOW = datetime(2025, 1, 1, tzinfo=UTC)


def run(function: Callable[..., Any], params: dict[str, Any] | None = None) -> PipelineResult:
    pipeline("p", replace=True)(function)
    return pipeline_registry.get("p")(params).run()


def test_the_decorator_returns_the_function_itself_and_registers_a_class() -> None:
    def ingest(params: dict[str, Any]) -> dict[str, Any]:
        """Fetch one week.

        More of it.
        """
        return {"got": params}

    assert pipeline("finra.ingest", spec=SPEC)(ingest) is ingest
    made = pipeline_registry.get("finra.ingest")
    assert issubclass(made, Pipeline)
    assert (made.name, made.description, made.spec) == ("finra.ingest", "Fetch one week.", SPEC)
    assert (made.__name__, made.__module__) == ("ingest", __name__)
    assert made({"week": "1"}).run().metrics == {"got": {"week": "1", "limit": 10}}


def test_a_description_of_its_own_wins_over_the_docstring() -> None:
    pipeline("p", description="Mine.")(lambda params: None)
    assert pipeline_registry.get("p").description == "Mine."


def test_a_name_is_given_once_unless_replace_is_set() -> None:
    pipeline("p")(lambda params: {"n": 1})
    with pytest.raises(ValueError, match="already registered"):
        pipeline("p")(lambda params: {"n": 2})
    pipeline("p", replace=True)(lambda params: {"n": 3})
    assert pipeline_registry.get("p")().run().metrics == {"n": 3}


@pytest.mark.parametrize("function", [lambda: None, lambda a, b, c: None])
def test_a_function_of_another_shape_is_refused_when_it_is_registered(function: Callable[..., Any]) -> None:
    with pytest.raises(PipelineError, match=r"must take \(params\) or \(params, context\), not [03] arguments"):
        pipeline("p")(function)


def test_a_function_of_two_arguments_gets_the_context_of_the_work() -> None:
    contexts: list[PipelineContext] = []
    pipeline("p")(lambda params, context: contexts.append(context))
    pipeline_registry.get("p")().run()
    with use_work(Work(run_id="r", workflow="w", step="s", attempt=2, domain="d", partition={"week": "1"})):
        pipeline_registry.get("p")().run()
    assert contexts == [
        PipelineContext("p"),
        PipelineContext("p", "r", "w", "s", 2, "d", {"week": "1"}, {}),
    ]


TABLE = pa.table({"symbol": ["NA"], "id": ["007"]})
ROWS = [{"symbol": "NA", "id": "007"}]


@pytest.mark.parametrize(
    ("returned", "metrics"),
    [(None, {}), ({}, {}), ({"a": 1}, {"a": 1}), (Ok({"a": 1}), {"a": 1}), (Ok(Ok(None)), {})],
)
def test_a_dict_none_or_an_ok_of_either_are_the_metrics(returned: Any, metrics: dict[str, Any]) -> None:
    result = run(lambda params: returned)
    assert (result.status, result.metrics, result.error) == (PipelineStatus.COMPLETED, metrics, None)
    assert result.completed_at is not None
    assert result.started_at <= result.completed_at


@pytest.mark.parametrize("returned", [ROWS, TABLE, Ok(ROWS), TABLE.to_batches()[0]])
def test_rows_and_tables_are_captured_under_the_pipelines_name(returned: Any) -> None:
    metrics = run(lambda params: returned).metrics
    kept = read_capture("p")
    assert kept.data == ROWS
    assert metrics == {
        "capture": "p",
        "capture_id": kept.capture.capture_id,
        "revision": 1,
        "record_count": 1,
        "unchanged": False,
    }


def test_a_capture_is_referred_to_by_its_id() -> None:
    metrics = run(lambda params: capture("other", ROWS)).metrics
    assert (metrics["capture"], metrics["record_count"]) == ("other", 1)
    assert run(lambda params: capture("other", ROWS)).metrics["unchanged"] is True


def test_no_rows_are_rows_too() -> None:
    assert run(lambda params: []).metrics["record_count"] == 0


@pytest.mark.parametrize("wrap", [lambda result: result, Ok])
def test_a_pipeline_result_is_returned_as_it_is(wrap: Callable[[PipelineResult], Any]) -> None:
    given = PipelineResult(PipelineStatus.COMPLETED, NOW, NOW, metrics={"a": 1})
    assert run(lambda params: wrap(given)) is given


def test_an_err_raises_its_error() -> None:
    with pytest.raises(SourceNotFoundError, match="no file"):
        run(lambda params: Err(SourceNotFoundError("no file")))


@pytest.mark.parametrize("nonsense", [1, "text", b"x", [1, 2], [{"a": 1}, 2], object(), (n for n in "ab"), Ok(5)])
def test_anything_else_is_a_pipeline_error_that_says_what_may_be_returned(nonsense: Any) -> None:
    with pytest.raises(PipelineError, match=r"pipeline 'p' returned .*: return a dict, rows"):
        run(lambda params: nonsense)


class Ingest(Pipeline):
    name = "ingest"
    spec = SPEC

    def run(self) -> PipelineResult:
        return PipelineResult.completed(NOW, self.params)


def test_a_class_has_its_params_with_the_defaults_of_its_spec() -> None:
    given = {"week": "1"}
    made = Ingest(given)
    made.params["limit"] += 1
    assert made.params == {"week": "1", "limit": 11}
    assert given == {"week": "1"}
    assert Ingest().params == {"limit": 10}


def test_params_that_do_not_satisfy_the_spec_are_named() -> None:
    with pytest.raises(
        BadParamsError, match="pipeline 'ingest': missing parameters: week; limit must be int"
    ) as caught:
        Ingest({"limit": "x"}).validate_params()
    assert caught.value.missing_params == ["week"]
    assert list(caught.value.invalid_params) == ["limit"]
    Ingest({"week": "1"}).validate_params()


def test_pipeline_is_abstract() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Pipeline()  # type: ignore[abstract]


def test_a_result_knows_its_duration() -> None:
    result = PipelineResult(PipelineStatus.RUNNING, NOW)
    assert (result.completed_at, result.error, result.metrics, result.duration_seconds) == (None, None, {}, None)
    assert PipelineResult(PipelineStatus.FAILED, NOW, NOW + timedelta(seconds=1.5)).duration_seconds == 1.5


def test_unchanged_is_a_completed_result_with_its_reason() -> None:
    result = PipelineResult.unchanged("the file is the same", {"record_count": 3})
    assert (result.status, result.outcome) == (PipelineStatus.COMPLETED, "unchanged")
    assert result.metrics == {"record_count": 3, "reason": "the file is the same"}


def test_status_values_are_lower_case_names() -> None:
    assert [(status.name, status.value) for status in PipelineStatus] == [
        ("PENDING", "pending"),
        ("RUNNING", "running"),
        ("COMPLETED", "completed"),
        ("FAILED", "failed"),
        ("CANCELLED", "cancelled"),
    ]
    assert PipelineResult("completed", NOW).status is PipelineStatus.COMPLETED


def test_pipelines_as_users_write_them_run() -> None:
    runpy.run_path(str(Path(__file__).parents[2] / "typing" / "pipelines.py"))
