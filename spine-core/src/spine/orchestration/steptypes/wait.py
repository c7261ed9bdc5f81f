"""Wait steps: for a time, until a time, or until a condition holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import field, frozen
from attrs.validators import ge, gt, optional

from spine.core.clock import was_ahead
from spine.core.errors import TimeoutError, ValidationError, WorkflowError  # noqa: A004 - Spine has its own
from spine.orchestration.definition.references import answer_of, reference_to, resolve_reference
from spine.orchestration.definition.spec import Nested, StepSpec, TimeoutBy
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import Preview

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step
    from spine.orchestration.steptypes.base import StepServices


def as_moment(given: Any) -> Any:
    """Return an aware datetime, given itself or as ISO 8601 text; other values, such as a function, unchanged."""
    moment = given
    if isinstance(given, str):
        try:
            moment = datetime.fromisoformat(given)
        except ValueError as error:
            raise ValidationError(f"{given!r} is not a time: write it as 2026-12-01T06:00:00+00:00") from error
    if isinstance(moment, datetime) and moment.utcoffset() is None:
        raise ValidationError(f"{given!r} has no time zone: write it as 2026-12-01T06:00:00+00:00")
    return moment


@frozen
class WaitStepSpec(StepSpec):
    """Duration, or the time or condition to wait for; a condition is called every `poll_seconds`."""

    timeout_by: ClassVar[TimeoutBy] = TimeoutBy.ITSELF
    shape: ClassVar[tuple[str, str]] = ("([", "])")
    functions_of: ClassVar[tuple[str, ...]] = ("until",)

    duration_seconds: float | None = field(default=None, validator=optional(ge(0)))
    until: datetime | Callable[[WorkflowContext], Any] | None = field(default=None, converter=as_moment)
    poll_seconds: float | None = field(default=None, validator=optional(gt(0)))

    def does(self) -> str:
        return "" if self.duration_seconds is None else str(self.duration_seconds)

    def json_of(self, name: str, value: Any) -> Any:
        is_function = name == "until" and callable(value)
        return {"function": reference_to(value)} if is_function else super().json_of(name, value)

    @classmethod
    def value_of(cls, name: str, value: Any, nested: Nested | None) -> Any:
        return resolve_reference(value["function"]) if isinstance(value, Mapping) else value


class WaitStep:
    """Handler that waits without a process: the run is WAITING, and the step is executed again at its wake time.

    Its output has the seconds waited. A dry run does not wait. The engine counts a wait that began while the clock was
    ahead, so such a duration is over.
    """

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        state, now = services.attempt.wait_state or {}, services.clock.now()
        since = datetime.fromisoformat(state["since"]) if state else now
        if was_ahead(since, now):
            if (duration := step.spec_of(WaitStepSpec).duration_seconds) is not None:
                return StepResult.ok({"waited_seconds": duration})
            since = now
        wake_at, is_final = _wake_at(step, context, since, now, state.get("until"))
        waited = (now - since).total_seconds()
        if wake_at is None or wake_at <= now or context.is_dry_run:
            return StepResult.ok({"waited_seconds": round(waited, 3)})
        deadline = since + timedelta(seconds=step.timeout) if step.timeout is not None else None
        if deadline is not None and now >= deadline:
            raise TimeoutError(f"step {step.name!r} waited {waited:.0f} s and reached its timeout")
        kept = {"since": since.isoformat(), **({"until": wake_at.isoformat()} if is_final else {})}
        return StepResult.wait(min(wake_at, deadline) if deadline else wake_at, kept)

    def preview(self, step: Step, context: WorkflowContext, services: StepServices) -> Preview:
        """Return the wait, whose condition is not asked."""
        spec = step.spec_of(WaitStepSpec)
        if spec.duration_seconds is not None:
            return Preview(f"a wait of {spec.duration_seconds:g} s")
        until = spec.until.isoformat() if isinstance(spec.until, datetime) else reference_to(spec.until)
        return Preview(f"a wait until {until}")


def _wake_at(
    step: Step, context: WorkflowContext, since: datetime, now: datetime, known: str | None
) -> tuple[datetime | None, bool]:
    """Return the next wake time, None if the wait is over, and whether that time is the end of the wait."""
    spec = step.spec_of(WaitStepSpec)
    if known is not None:
        return datetime.fromisoformat(known), True
    if spec.duration_seconds is not None:
        return since + timedelta(seconds=spec.duration_seconds), True
    if not callable(spec.until):
        return spec.until, True
    found = answer_of(spec.until, context, f"the until of step {step.name!r}")
    if isinstance(found, (datetime, str)):
        try:
            return as_moment(found), True
        except ValidationError as error:
            raise WorkflowError(f"the condition of step {step.name!r}: {error}", cause=error) from error
    return (None if found else now + timedelta(seconds=spec.poll_seconds or 0)), False
