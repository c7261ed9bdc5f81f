"""Replay: the state of a run, computed from the records of its steps without running any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

from attrs import define, evolve, field

from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.options import ErrorPolicy
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.engine.flow import Flow
from spine.orchestration.engine.freshness import Freshness
from spine.orchestration.records import RunRecord, StepRecord
from spine.orchestration.status import StepStatus


@define
class Replay:
    """State of a run before its next step: the context with the outputs of finished steps, and the flow.

    Nothing is executed: a record's `transition` has the target of a choice, the step's changes to the parameters, and
    the phase in which it ran (`cleanup`, `on_failure`, `on_success`; none for the steps themselves). `failed` is the
    record of the step that failed the run, if its cleanup or its hooks have begun.
    """

    context: WorkflowContext
    flow: Flow
    records: Sequence[StepRecord]
    freshness: Freshness = field(factory=Freshness)
    finished_hooks: set[str] = field(factory=set)
    finished_cleanup: set[str] = field(factory=set)
    open_visit: StepRecord | None = None
    open_hook: StepRecord | None = None
    failed: StepRecord | None = None

    @property
    def interrupted(self) -> list[StepRecord]:
        """Records of unfinished attempts."""
        return [record for record in self.records if record.status is StepStatus.RUNNING]

    def end_wait(self, now: datetime) -> None:
        """End the wait of a waiting step at `now`, regardless of its condition."""
        record = self.open_visit
        if record is not None and record.status is StepStatus.WAITING:
            kept = record.transition.wait_state
            state = None if kept is None else {**kept, "until": now.isoformat()}
            self.open_visit = evolve(record, transition=evolve(record.transition, wake_at=now, wait_state=state))

    def waiting(self, step_name: str, phase: str | None = None) -> StepRecord | None:
        """Return the record of the step if it is waiting."""
        record = self._open(step_name, phase)
        return record if record is not None and record.status is StepStatus.WAITING else None

    def first_attempt(self, step_name: str, phase: str | None = None) -> int | None:
        """Return the first attempt of the unfinished visit to the step."""
        record = self._open(step_name, phase)
        return None if record is None else record.first_attempt

    def begin_visit(self, phase: str | None) -> None:
        """Forget the unfinished visit: the next one to its step is new."""
        if phase is None:
            self.open_visit = None
        else:
            self.open_hook = None

    def finish_hook(self, step_name: str, phase: str) -> None:
        """Note that a step of the cleanup or a hook needs not run again."""
        (self.finished_hooks if phase == "on_success" else self.finished_cleanup).add(step_name)

    def _open(self, step_name: str, phase: str | None) -> StepRecord | None:
        record = self.open_visit if phase is None else self.open_hook
        return record if record is not None and record.step_name == step_name else None


def replay(
    workflow: Workflow, run: RunRecord, records: Sequence[StepRecord], outputs: Mapping[str, Mapping[str, Any]]
) -> Replay:
    """Return the state of the run; `outputs` are its initial ones."""
    context = WorkflowContext(
        run.run_id,
        run.workflow_name,
        run.params,
        partition=run.partition,
        execution={**run.execution.context, "fence": run.fence},
        outputs=outputs,
        started_at=run.started_at,
        metadata=run.execution.metadata,
    )
    records = [record for record in records if record.attempt]
    again = run.execution.resumed_from
    start, since = run.execution.start_from, 0
    if again is not None:
        start, since = again.step, again.sequence
        context = _before(workflow, context, [record for record in records if record.sequence < since], start)
    flow = Flow.starting_at(workflow, workflow.step_index(start) if start else 0, context.outputs)
    found = Replay(context, flow, records)
    later = [record for record in records if record.sequence >= since]
    of_this_life = run.execution.continued.sequence if run.execution.continued else 0
    for record, following in zip_longest(later, later[1:]):
        if record.transition.phase is None:
            _apply(found, record, following)
        elif record.sequence >= of_this_life or record.transition.phase == "on_success":
            _apply_hook(found, record, following, record.transition.phase)
    return found


def _before(workflow: Workflow, context: WorkflowContext, records: Sequence[StepRecord], start: str) -> WorkflowContext:
    end = workflow.step_index(start)
    for record in records:
        if record.status is StepStatus.COMPLETED and 0 <= workflow.step_index(record.step_name) < end:
            context = _with(context, record)
    return context


def _apply(found: Replay, record: StepRecord, following: StepRecord | None) -> None:
    step = found.flow.current
    if step is None or step.name != record.step_name:
        return  # of a path that no longer exists after a forced resumption of a changed workflow
    found.open_visit = None
    if record.status is StepStatus.COMPLETED:
        found.context = _with(found.context, record)
        found.flow.advance(step, record.transition.next_step)
    elif record.status is StepStatus.SKIPPED and record.transition.outcome is not None:
        found.flow.pass_over(step)
    elif record.status is StepStatus.SKIPPED or _may_fail(step, record, following):
        found.flow.advance(step, None)
    else:
        found.open_visit = record
        return
    found.freshness.note(record)


def _apply_hook(found: Replay, record: StepRecord, following: StepRecord | None, phase: str) -> None:
    failed = found.open_visit
    if phase != "on_success" and failed is not None and failed.status is StepStatus.FAILED:
        found.failed = failed
    found.open_hook = None
    if record.status is StepStatus.COMPLETED:
        found.context = _with(found.context, record)
    if record.status in (StepStatus.COMPLETED, StepStatus.SKIPPED) or _has_failed(record, following):
        found.finish_hook(record.step_name, phase)
    else:
        found.open_hook = record


def _may_fail(step: Step, record: StepRecord, following: StepRecord | None) -> bool:
    return step.on_error is ErrorPolicy.CONTINUE and _has_failed(record, following)


def _has_failed(record: StepRecord, following: StepRecord | None) -> bool:
    """Return True if the step failed finally: no retry followed or was due when the process died."""
    if record.status is not StepStatus.FAILED:
        return False
    if following is None:
        return record.attempt >= record.max_attempts or not record.transition.retryable
    return (following.step_name, following.first_attempt) != (record.step_name, record.first_attempt)


def _with(context: WorkflowContext, record: StepRecord) -> WorkflowContext:
    context = context.with_output(record.step_name, record.outputs)
    updates = record.transition.context_updates
    return context.with_params(updates) if updates else context
