"""Pipelines as users write them; `mypy --strict` accepts this file, and running it passes its assertions."""

from __future__ import annotations

from typing import Any, ClassVar, assert_type

from spine.core.result import Err, Ok, Result
from spine.framework.captures import Capture, capture
from spine.framework.dispatcher import Dispatcher, Execution, Lane, TriggerSource, get_dispatcher
from spine.framework.params import ParamDef, PipelineSpec, date_format, positive_int
from spine.framework.pipelines import Pipeline, PipelineContext, PipelineResult, PipelineStatus, pipeline
from spine.framework.registry import get_pipeline, list_pipelines, register_pipeline

SPEC = PipelineSpec(
    required_params={"week": ParamDef("week", str, "the week", validator=date_format)},
    optional_params={"limit": ParamDef("limit", int, "rows at most", default=10, validator=positive_int)},
)


@pipeline("typed.rows", spec=SPEC)
def rows(params: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"week": params["week"]}] * params["limit"]


@pipeline("typed.context", description="Knows its run.")
def with_context(params: dict[str, Any], context: PipelineContext) -> dict[str, Any]:
    return {"run_id": context.run_id, "week": context.partition.get("week")}


@pipeline("typed.capture")
def captured(params: dict[str, Any]) -> Capture:
    return capture("typed.rows", rows({"week": "2025-12-15", "limit": 1}))


@pipeline("typed.result")
def either(params: dict[str, Any]) -> Result[dict[str, Any]]:
    return Ok({"n": 1}) if params.get("good", True) else Err(ValueError("no"))


@register_pipeline("typed.class")
class Ingest(Pipeline):
    spec: ClassVar[PipelineSpec | None] = SPEC

    def run(self) -> PipelineResult:
        if not self.params["limit"]:
            return PipelineResult.unchanged("nothing wanted")
        return PipelineResult(PipelineStatus.COMPLETED, started_at=NOW, metrics={"week": self.params["week"]})


NOW = PipelineResult.unchanged("").started_at

# decorated functions stay what they are
assert_type(rows({"week": "2025-12-15", "limit": 2}), list[dict[str, Any]])
assert_type(either({}), Ok[dict[str, Any]] | Err[dict[str, Any]])
assert_type(get_pipeline("typed.class"), type[Pipeline])
assert_type(list_pipelines(), list[str])
assert_type(SPEC.validate({}).missing_params, list[str])

execution = Dispatcher().submit("typed.class", {"week": "2025-12-15"}, Lane.SLOW, TriggerSource.MANUAL)
assert_type(execution, Execution)
assert_type(execution.result, PipelineResult | None)
assert_type(get_dispatcher().list_executions(status=PipelineStatus.FAILED), list[Execution])
assert execution.status is PipelineStatus.COMPLETED
assert get_dispatcher().submit("typed.result", {"good": False}).error == "no"
for name in ("typed.rows", "typed.context", "typed.capture"):
    assert get_dispatcher().submit(name, {"week": "2025-12-15"}).status is PipelineStatus.COMPLETED
