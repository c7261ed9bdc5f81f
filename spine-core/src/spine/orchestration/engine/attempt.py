"""Attempts of steps, with their return value or exception as a storable StepResult."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve

from spine.core.errors import (
    SpineError,
    TimeoutError,  # noqa: A004 - Spine has its own
    ValidationError,
    WorkflowError,
)
from spine.core.interrupts import INTERRUPTS
from spine.core.jsonvalue import to_json_value
from spine.core.kept_text import kept_text
from spine.framework.work import Work, current_work, use_work
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.spec import TimeoutBy
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.step_result import QualityMetrics, StepResult
from spine.orchestration.steptypes.base import AttemptInfo, StepServices, StepTypeHandler
from spine.orchestration.stop import RunStopped, Stop
from spine.plugins.catalog import load_class

# runs an attempt in its own process; returns its result, its staged data and the sources that it read
Isolate = Callable[["Step", WorkflowContext, StepServices, Workflow], tuple[StepResult, Sequence[Any], Sequence[str]]]


class Attempt:
    """Attempt of a step; afterwards `work.staged` has its staged data.

    `isolate` runs it in its own process if the step has a timeout.
    """

    def __init__(
        self,
        step: Step,
        context: WorkflowContext,
        services: StepServices,
        workflow: Workflow,
        isolate: Isolate | None = None,
    ) -> None:
        self._step = step
        self._isolate = isolate
        self._context = context
        self._services = services
        self._workflow = workflow
        self._outer = current_work()
        self.work = work_of(step, context, workflow, services.attempt)

    def run(self) -> StepResult:
        """Return the result; only an interrupt is raised."""
        try:
            limited = self._step.timeout is not None or self._step.max_memory is not None
            if limited and self._step.spec.can_have_own_process:
                return self._elsewhere()
            with use_work(self.work):
                return self._checked(self._here())
        except INTERRUPTS:
            raise
        except BaseException as error:  # noqa: BLE001 - a failing step is a result that keeps the error's category
            return failed_by(error, self._step.name)
        finally:
            if self._outer is not None:  # the step belongs to a child run
                self._outer.sources_read.extend(self.work.sources_read)

    def _here(self) -> object:
        if self._step.timeout is None or self._step.spec.timeout_by is TimeoutBy.ITSELF:
            return self._handler().execute(self._step, self._context, self._services)
        stop = Stop(self._services.stop)
        left = self._services.attempt.seconds_left
        stop.after(self._step.timeout if left is None else left)
        try:
            return self._handler().execute(self._step, self._context, evolve(self._services, stop=stop))
        except RunStopped:
            self._services.stop.check()  # the stop of the run, not of this step
            raise too_late(self._step) from None

    def _elsewhere(self) -> StepResult:
        if self._isolate is None:
            raise WorkflowError(
                f"step {self._step.name!r} has a timeout or max_memory and is executed without a WorkflowRunner"
            )
        if self._services.attempt.seconds_left == 0:
            raise too_late(self._step)
        result, staged, sources = self._isolate(self._step, self._context, self._services, self._workflow)
        self.work.staged.extend(staged)
        self.work.sources_read.extend(sources)
        return result

    def _handler(self) -> StepTypeHandler:
        handler: StepTypeHandler = load_class("step_type", self._step.kind)()
        return handler

    def _checked(self, result: object) -> StepResult:
        """Return the result with JSON values, so that a resumed run sees the same values.

        A failure stays the same failure, without an output that JSON cannot hold.
        """
        if not isinstance(result, StepResult):
            raise WorkflowError(
                f"step type {self._step.kind!r} returned {type(result).__name__} for step {self._step.name!r}, "
                "not a StepResult"
            )
        try:
            return self._with_json_values(result)
        except SpineError as error:
            if result.success:
                raise
            told = f"{result.error or 'no reason given'} ({error})"
            return evolve(result, error=told, output={}, context_updates={}, quality=None, events=[])

    def _with_json_values(self, result: StepResult) -> StepResult:
        if result.quality is not None and not isinstance(result.quality, QualityMetrics):
            raise WorkflowError(
                f"the quality of step {self._step.name!r} is not a QualityMetrics: {result.quality!r:.80}"
            )
        if result.quality is not None:
            self._json(result.quality.to_dict(), "quality metrics")
        return evolve(
            result,
            success=bool(result.success),
            output=self._dict(result.output, "output"),
            context_updates=self._dict(result.context_updates, "context updates"),
            error=None if result.success else kept_text(str(result.error or "no reason given")),
            events=self._json(list(result.events), "events") if result.events else [],
            wait_state=self._dict(result.wait_state, "wait state"),
        )

    def _dict(self, value: object, what: str) -> dict[str, Any]:
        if value is None or (type(value) is dict and not value):
            return {}
        if not isinstance(value, Mapping):
            raise ValidationError(f"the {what} of step {self._step.name!r} must be a dict, not {type(value).__name__}")
        found: dict[str, Any] = self._json(value, what)
        return found

    def _json(self, value: object, what: str) -> Any:
        return to_json_value(value, f"the {what} of step {self._step.name!r}")


def work_of(step: Step, context: WorkflowContext, workflow: Workflow, attempt: AttemptInfo) -> Work:
    """Return the work that the code of one attempt of a step runs in."""
    return Work(
        run_id=context.run_id,
        workflow=workflow.name,
        workflow_version=workflow.version,
        step=step.name,
        attempt=attempt.number,
        visit=attempt.visit,
        scheduled_at=context.schedule.scheduled_at if context.schedule else None,
        pipeline=step.pipeline_name,
        domain=workflow.domain or None,
        partition=context.partition,
        outputs=context.outputs,
        refresh=attempt.refresh,
        dry_run=context.is_dry_run,
    )


def failed_by(error: BaseException, step: str) -> StepResult:
    """Return the failure of a step whose code raised `error`."""
    if isinstance(error, SystemExit):
        return StepResult.fail(WorkflowError(f"step {step!r} called sys.exit({error.code!r}): raise an error instead"))
    return StepResult.raised(error)


def too_late(step: Step) -> TimeoutError:
    """Return the error of a step that exceeded its timeout."""
    return TimeoutError(f"step {step.name!r} took longer than its timeout of {step.timeout:g} s and was stopped")
