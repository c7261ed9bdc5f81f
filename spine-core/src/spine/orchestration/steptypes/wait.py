"""Wait steps: for a time, until a time, or until a condition holds."""

from __future__ import annotations

from datetime import datetime, timedelta

from spine.core.errors import TimeoutError, ValidationError, WorkflowError  # noqa: A004 - Spine has its own
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.moments import as_moment
from spine.orchestration.definition.step import Step
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import StepServices


class WaitStep:
    """Waits without holding a process: the run is WAITING, and the step is executed again when the time has come.

    Its output says how long it waited, in seconds. A dry run does not wait.
    """

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        if step.duration_seconds is None and step.until is None:
            raise WorkflowError(
                f"step {step.name!r} waits for nothing: build it with Step.wait(name, duration_seconds)"
            )
        state, now = services.attempt.wait_state or {}, services.clock.now()
        since = datetime.fromisoformat(state["since"]) if state else now
        wake_at, is_final = _wake_at(step, context, since, now, state.get("until"))
        waited = (now - since).total_seconds()
        if wake_at is None or wake_at <= now or context.is_dry_run:
            return StepResult.ok({"waited_seconds": round(waited, 3)})
        deadline = since + timedelta(seconds=step.timeout) if step.timeout is not None else None
        if deadline is not None and now >= deadline:
            raise TimeoutError(f"step {step.name!r} waited {waited:.0f} s, its timeout, for what did not come")
        kept = {"since": since.isoformat(), **({"until": wake_at.isoformat()} if is_final else {})}
        return StepResult.wait(min(wake_at, deadline) if deadline else wake_at, kept)


def _wake_at(
    step: Step, context: WorkflowContext, since: datetime, now: datetime, known: str | None
) -> tuple[datetime | None, bool]:
    """Return when to look again, None when there is nothing more to wait for, and whether the wait is over then."""
    if known is not None:
        return datetime.fromisoformat(known), True
    if step.duration_seconds is not None:
        return since + timedelta(seconds=step.duration_seconds), True
    if not callable(step.until):
        return step.until, True
    found = step.until(context)
    if isinstance(found, (datetime, str)):
        try:
            return as_moment(found), True
        except ValidationError as error:
            raise WorkflowError(f"the condition of step {step.name!r}: {error}", cause=error) from error
    return (None if found else now + timedelta(seconds=step.poll_seconds or 0)), False
