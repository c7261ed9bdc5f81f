"""Pipelines: named, parametrised transformations."""

from spine.framework.pipelines.pipeline import Pipeline, PipelineContext, pipeline
from spine.framework.pipelines.registry import PipelineRegistry, pipeline_registry
from spine.framework.pipelines.result import PipelineResult, PipelineStatus

__all__ = [
    "Pipeline",
    "PipelineContext",
    "PipelineRegistry",
    "PipelineResult",
    "PipelineStatus",
    "pipeline",
    "pipeline_registry",
]
