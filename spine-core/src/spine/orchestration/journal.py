"""A run as it is written down: every change is committed to the store first and told to the listeners then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from spine.core.clock import utc_now
from spine.core.frozen import freeze
from spine.core.ids import new_id
from spine.core.jsonvalue import to_json_value
from spine.framework.captures import Capture
from spine.framework.captures.capture import normalize_partition
from spine.framework.rejects import Reject
from spine.orchestration.context import WorkflowContext
from spine.orchestration.listener import RunListener, notify
from spine.orchestration.records import Batch, RunEvent, RunRecord, StepRecord
from spine.orchestration.result import StepExecution, WorkflowResult
from spine.orchestration.run_store import RunStore
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.orchestration.step import Step
from spine.orchestration.step_result import StepResult
from spine.orchestration.workflow import Workflow


class Journal:
    """Keeps the run's record, the latest record of each step, and the context with every committed output."""

    def __init__(
        self,
        workflow: Workflow,
        context: WorkflowContext,
        store: RunStore,
        listeners: Sequence[RunListener],
        triggered_by: str,
    ) -> None:
        self.workflow = workflow
        self.context = context
        self._store = store
        self._listeners = listeners
        self._latest: dict[str, StepRecord] = {}
        self._run = RunRecord(
            run_id=context.run_id,
            workflow_name=workflow.name,
            workflow_version=workflow.version,
            domain=workflow.domain,
            partition=normalize_partition(context.partition),
            status=WorkflowStatus.RUNNING,
            started_at=context.started_at,
            params=context.params,
            definition_hash=workflow.definition_hash(),
            total_steps=len(workflow.steps),
            triggered_by=triggered_by,
        )
        started = self._event("run.started", workflow=workflow.name, params=context.params, partition=context.partition)
        self._commit(Batch(context.run_id, run=self._run, events=[started]))

    @property
    def has_failures(self) -> bool:
        """Whether a step's latest attempt failed."""
        return any(record.status is StepStatus.FAILED for record in self._latest.values())

    def start_step(self, step: Step, tries_left: int) -> StepRecord:
        """Write down that an attempt starts, and return its record; a step that runs again counts on."""
        previous = self._latest.get(step.name)
        attempt = previous.attempt + 1 if previous else 1
        record = StepRecord(
            step_id=new_id(),
            run_id=self._run.run_id,
            step_name=step.name,
            step_type=step.kind,
            step_order=self.workflow.step_index(step.name),
            attempt=attempt,
            max_attempts=attempt + tries_left - 1,
            status=StepStatus.RUNNING,
            started_at=utc_now(),
            params=step.config_values(),
        )
        self._keep(record, [self._event("step.started", record, step_type=record.step_type)])
        return record

    def finish_step(
        self,
        record: StepRecord,
        result: StepResult,
        staged: Sequence[Capture | Reject],
        *,
        retry_in: float | None = None,
    ) -> None:
        """Write down how an attempt ended; on success its output, captures and rejects become visible with it."""
        metrics = to_json_value(result.quality.to_dict(), "quality") if result.quality else {}
        outputs = freeze(result.output)
        record = evolve(
            record,
            status=StepStatus.COMPLETED if result.success else StepStatus.FAILED,
            completed_at=utc_now(),
            outputs=outputs,
            error=result.error,
            error_category=result.error_category,
            row_count=_row_count(result),
            metrics=metrics,
        )
        events = [self._event("step.note", record, note=note) for note in result.events]
        events.append(self._finished_event(record, retry_in))
        if result.success:
            context = self.context.with_output(record.step_name, outputs)
            self.context = context.with_params(result.context_updates) if result.context_updates else context
        self._keep(record, events, staged if result.success else ())

    def cancel(self) -> None:
        """Write down that the run was interrupted.

        Whether the last change was committed nobody can tell here, so the store is asked: what has ended stays so.
        """
        kept = self._store.get_run(self._run.run_id)
        if kept is not None and kept.status is not WorkflowStatus.RUNNING:
            return
        self._latest.update((record.step_name, record) for record in self._store.list_steps(self._run.run_id))
        self.finish(WorkflowStatus.CANCELLED, self.context)

    def finish(
        self,
        status: WorkflowStatus,
        context: WorkflowContext,
        *,
        outcome: str | None = None,
        failure: tuple[str, StepResult] | None = None,
    ) -> None:
        """Write down how the run ended; in a run that reached its end, steps that never ran are SKIPPED."""
        self.context = context
        ended = status in (WorkflowStatus.COMPLETED, WorkflowStatus.PARTIAL)
        skipped = self._skip_the_rest() if ended else []
        changed = skipped + self._interrupted(status)
        self._latest.update((record.step_name, record) for record in changed)
        error_step, result = failure or (None, None)
        self._run = evolve(
            self._run,
            status=status,
            outcome=outcome,
            completed_at=utc_now(),
            outputs=context.outputs,
            error=result.error if result else None,
            error_step=error_step,
            error_category=result.error_category if result else None,
            error_retryable=result.retryable if result else None,
            completed_steps=self._count(StepStatus.COMPLETED),
            failed_steps=self._count(StepStatus.FAILED),
            skipped_steps=self._count(StepStatus.SKIPPED),
        )
        events = [self._event("step.skipped", record, reason=outcome or "not on the path taken") for record in skipped]
        events.append(self._run_event())
        self._commit(Batch(self._run.run_id, run=self._run, steps=changed, events=events))

    def result(self, context: WorkflowContext) -> WorkflowResult:
        """Return the finished run as its caller sees it."""
        return WorkflowResult(
            workflow_name=self._run.workflow_name,
            run_id=self._run.run_id,
            status=self._run.status,
            context=context,
            started_at=self._run.started_at,
            completed_at=self._run.completed_at,
            step_executions=[_execution(record) for record in self._latest.values()],
            error_step=self._run.error_step,
            error=self._run.error,
            error_category=self._run.error_category,
            outcome=self._run.outcome,
            total_steps=self._run.total_steps,
        )

    def _interrupted(self, status: WorkflowStatus) -> list[StepRecord]:
        if status is not WorkflowStatus.CANCELLED:
            return []
        running = [record for record in self._latest.values() if record.status is StepStatus.RUNNING]
        return [evolve(record, status=StepStatus.CANCELLED, completed_at=utc_now()) for record in running]

    def _skip_the_rest(self) -> list[StepRecord]:
        return [
            StepRecord(
                step_id=new_id(),
                run_id=self._run.run_id,
                step_name=step.name,
                step_type=step.kind,
                step_order=order,
                attempt=0,
                max_attempts=0,
                status=StepStatus.SKIPPED,
            )
            for order, step in enumerate(self.workflow.steps)
            if step.name not in self._latest
        ]

    def _keep(self, record: StepRecord, events: Sequence[RunEvent], staged: Sequence[Capture | Reject] = ()) -> None:
        self._latest[record.step_name] = record
        self._commit(Batch(self._run.run_id, steps=[record], events=events, staged=staged))

    def _commit(self, batch: Batch) -> None:
        self._store.commit(batch)
        notify(self._listeners, batch.events)

    def _finished_event(self, record: StepRecord, retry_in: float | None) -> RunEvent:
        details: dict[str, Any] = {"duration_ms": record.duration_ms, "row_count": record.row_count}
        if record.status is StepStatus.COMPLETED:
            return self._event("step.completed", record, **details)
        details.update(error=record.error, error_category=record.error_category)
        if retry_in is None:
            return self._event("step.failed", record, **details)
        return self._event("step.retrying", record, **details, retry_in=retry_in)

    def _run_event(self) -> RunEvent:
        run = self._run
        return self._event(
            f"run.{run.status.value}",
            workflow=run.workflow_name,
            domain=run.domain,
            outcome=run.outcome,
            duration_ms=run.duration_ms,
            error=run.error,
            error_step=run.error_step,
            error_category=run.error_category,
            error_retryable=run.error_retryable,
        )

    def _event(self, event_type: str, record: StepRecord | None = None, **payload: Any) -> RunEvent:
        if record is not None:
            payload = {"step": record.step_name, "attempt": record.attempt, **payload}
        step_id = record.step_id if record else None
        return RunEvent(self._run.run_id, event_type, step_id, payload=payload)

    def _count(self, status: StepStatus) -> int:
        return sum(record.status is status for record in self._latest.values())


def _row_count(result: StepResult) -> int | None:
    if result.quality is not None:
        return _count(result.quality.record_count)
    return _count(result.output.get("record_count"))


def _count(value: object) -> int | None:
    """Return `value` if the column takes it: a count is an integer of 64 bits."""
    return value if type(value) is int and 0 <= value < 2**63 else None


def _execution(record: StepRecord) -> StepExecution:
    return StepExecution(
        step_name=record.step_name,
        step_type=record.step_type,
        status=record.status,
        attempt=record.attempt,
        started_at=record.started_at,
        completed_at=record.completed_at,
        output=dict(record.outputs),
        error=record.error,
        error_category=record.error_category,
    )
