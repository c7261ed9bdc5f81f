"""Pipeline: a class with `run()`, or a function decorated with `@pipeline`."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from attrs import field, frozen

from spine.core.clock import utc_now
from spine.core.errors import PipelineError
from spine.framework.params import PipelineSpec
from spine.framework.pipelines.registry import pipeline_registry
from spine.framework.pipelines.result import PipelineResult
from spine.framework.pipelines.returned import result_of
from spine.framework.work import Work, current_work

F = TypeVar("F", bound=Callable[..., Any])


@frozen
class PipelineContext:
    """Facts about the run that a pipeline belongs to; all empty outside of a workflow."""

    pipeline: str
    run_id: str | None = None
    workflow: str | None = None
    step: str | None = None
    attempt: int = 1
    domain: str | None = None
    partition: Mapping[str, Any] = field(factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(factory=dict)

    @classmethod
    def of(cls, pipeline: str, work: Work | None) -> PipelineContext:
        """Return the context of a pipeline in the work of a step, or outside of a run."""
        if work is None:
            return cls(pipeline)
        return cls(
            pipeline, work.run_id, work.workflow, work.step, work.attempt, work.domain, work.partition, work.outputs
        )


class Pipeline(ABC):
    """Base of class-based pipelines: set `name`, optionally `description` and `spec`, and implement `run`."""

    name: ClassVar[str] = ""
    description: ClassVar[str] = ""
    spec: ClassVar[PipelineSpec | None] = None

    def __init__(self, params: Mapping[str, Any] | None = None) -> None:
        given = dict(params or {})
        self.params: dict[str, Any] = self.spec.with_defaults(given) if self.spec else given

    @abstractmethod
    def run(self) -> PipelineResult:
        """Do the work and return its result; an exception is a failure that keeps its category."""

    def validate_params(self) -> None:
        """Raise BadParamsError if the parameters violate `spec`."""
        if self.spec is not None:
            self.spec.check(self.params, f"pipeline {self.name!r}")


def pipeline(
    name: str, *, spec: PipelineSpec | None = None, description: str = "", replace: bool = False
) -> Callable[[F], F]:
    """Register the decorated function `(params)` or `(params, context)` as a pipeline, and return it unchanged.

    It returns a dict (the step's output), rows or an Arrow table (captured under the pipeline's name), a capture, a
    Result, a PipelineResult, or None.
    """

    def register(function: F) -> F:
        takes_context = _takes_context(name, function)

        def run(self: Pipeline) -> PipelineResult:
            started_at = utc_now()
            context = (PipelineContext.of(name, current_work()),) if takes_context else ()
            return result_of(name, started_at, function(self.params, *context))

        summary = description or (inspect.getdoc(function) or "").partition("\n")[0]
        members = {"name": name, "description": summary, "spec": spec, "run": run, "__module__": function.__module__}
        pipeline_registry.register(name, type(function.__name__, (Pipeline,), members), replace=replace)
        return function

    return register


def _takes_context(name: str, function: Callable[..., Any]) -> bool:
    positional = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    if len(positional) not in (1, 2):
        raise PipelineError(
            f"pipeline {name!r}: its function must take (params) or (params, context), not {len(positional)} arguments"
        )
    return len(positional) == 2
