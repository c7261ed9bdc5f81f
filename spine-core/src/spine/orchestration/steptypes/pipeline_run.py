"""Run of a pipeline by a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spine.core.errors import PipelineError
from spine.framework.pipelines import PipelineResult, PipelineStatus

if TYPE_CHECKING:
    from spine.orchestration.steptypes.base import StepServices


def run_pipeline(name: str, params: Mapping[str, Any], services: StepServices) -> PipelineResult:
    """Run a pipeline to its end and return its result; raises the pipeline's exception, else PipelineError."""
    execution = services.dispatcher.submit(name, params, trigger_source=services.trigger_source)
    if execution.exception is not None:
        raise execution.exception
    result = execution.result
    if result is None or result.status is not PipelineStatus.COMPLETED:
        raise PipelineError(execution.error or f"pipeline {name!r} ended {execution.status.name}")
    return result
