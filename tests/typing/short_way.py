"""`import spine` as users write it; `mypy --strict` accepts this file, and running it passes its assertions."""

from __future__ import annotations

from typing import Any, assert_type

import spine
import spine.framework.captures
import spine.framework.loads
import spine.framework.pipelines
import spine.orchestration
from spine.framework.sources import Source

workflow_class: type[spine.orchestration.Workflow] = spine.Workflow
step_class: type[spine.orchestration.Step] = spine.Step
assert spine.Workflow is spine.orchestration.Workflow
assert spine.pipeline is spine.framework.pipelines.pipeline
assert_type(spine.__version__, str)


@spine.pipeline("short.rows")
def rows(params: dict[str, Any]) -> spine.PipelineResult | None:
    return None


def count(ctx: spine.WorkflowContext, config: dict[str, Any]) -> spine.StepResult:
    return spine.StepResult.ok(week=ctx.get_param("week"))


made = spine.Workflow("short", [spine.Step.pipeline("rows", "short.rows"), spine.Step.lambda_("count", count)])
assert_type(made, spine.orchestration.Workflow)


def in_a_notebook() -> list[dict[str, Any]]:
    with spine.open_project("myproj") as project:
        assert_type(project, spine.Project)
        assert_type(spine.source("finra.otc.weekly"), Source)
        assert_type(spine.capture("short.rows", []), spine.framework.captures.Capture)
        assert_type(spine.load("warehouse", "rows", [], mode="merge", key="id"), spine.framework.loads.LoadResult)
        return spine.read_capture("short.rows").data


def with_a_slip() -> None:
    spine.Workflaw  # type: ignore[attr-defined]  # noqa: B018 - mypy finds a name that is not there
