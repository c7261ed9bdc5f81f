"""Journal of a run: every change is committed to the store first, then the listeners are notified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from spine.core.frozen import freeze
from spine.core.ids import new_id
from spine.core.jsonvalue import to_json_value
from spine.framework.captures.revision import CaptureConflictError
from spine.framework.contracts.result import QualityResult
from spine.framework.rejects import Reject
from spine.framework.staged import Staged
from spine.framework.work import Work
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.engine.listener import RunListener, notify, raised_at_end
from spine.orchestration.engine.run_log import lines_to_commit
from spine.orchestration.events import (
    RunBegan,
    RunEnded,
    RunEvent,
    RunParked,
    StepCancelled,
    StepCompleted,
    StepEvent,
    StepFailed,
    StepNoted,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepWaiting,
    StepWoken,
)
from spine.orchestration.lease import PROCESS_GONE
from spine.orchestration.records import Batch, ItemBatch, Opening, RunRecord, StepRecord
from spine.orchestration.resumption import NO_TRANSITION, Transition
from spine.orchestration.run_store import RunStore
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.orchestration.step_result import StepResult

StagedRecords = Sequence[Staged]


class Journal:
    """Journal of the run's record, the latest record of each step, and the context with every output.

    With `opening`, the run is stored by the first commit. Those of `records` that mark steps as never reached are
    removed when the run continues.

    The end of one step is committed together with the start of the next, or with the end of the run: no workflow code
    runs in between. `flush` commits it at once.
    """

    def __init__(
        self,
        workflow: Workflow,
        run: RunRecord,
        context: WorkflowContext,
        store: RunStore,
        listeners: Sequence[RunListener],
        records: Sequence[StepRecord] = (),
        opening: Opening | None = None,
    ) -> None:
        self._opening = opening
        self._removed = [record.step_id for record in records if not record.attempt]
        records = [record for record in records if record.attempt]
        self.workflow = workflow
        self.context = context
        self.run = run
        self._store = store
        self._listeners = listeners
        self._latest = {record.step_name: record for record in records}
        self._sequence = max((record.sequence for record in records), default=-1) + 1
        self._steps: list[StepRecord] = []
        self._events: list[RunEvent] = []
        self._staged: list[Staged] = []
        self._item_losses: Counter[str] = Counter()  # of the current attempt: its items are committed before it ends
        self.deadline: datetime | None = None  # the run, if it waits, is to be woken then
        self._is_begun = False  # the run has started or resumed, and its record is not updated yet

    @property
    def is_stored(self) -> bool:
        """True if the store has the run."""
        return self._opening is None

    @property
    def records(self) -> list[StepRecord]:
        """Latest record of each step."""
        return list(self._latest.values())

    def latest(self, step_name: str) -> StepRecord:
        """Return the latest record of a step that this run reached."""
        return self._latest[step_name]

    @property
    def has_failures(self) -> bool:
        """True if a step's latest attempt failed."""
        return any(record.status is StepStatus.FAILED for record in self._latest.values())

    def begin(self, event: type[RunBegan], interrupted: Sequence[StepRecord] = (), *, is_kept: bool = False) -> None:
        """Record that the run starts or resumes; attempts that a dead process left running become CANCELLED.

        With `is_kept`, the store already has the current record of the run.
        """
        for record in interrupted:
            at = self._store.now()
            cancelled = evolve(record, status=StepStatus.CANCELLED, completed_at=at, error=PROCESS_GONE)
            self._keep(cancelled)
            self._tell(StepCancelled, cancelled, duration_ms=cancelled.duration_ms)
        run, self._is_begun = self.run, not is_kept
        self._events.append(
            event(
                run_id=run.run_id,
                workflow=run.workflow_name,
                domain=run.domain,
                params=run.params,
                partition=run.partition,
                started_at=run.started_at.isoformat(),
                parent_run_id=run.parent_run_id,
            )
        )

    def start_step(self, step: Step, tries_left: int, *, first_attempt: int | None, phase: str | None) -> StepRecord:
        """Record that an attempt starts, and return its record; the attempt number of a repeated step continues.

        `first_attempt` is the first attempt of its visit, None for a new visit.
        """
        record = self._new_record(step, tries_left, first_attempt, phase)
        self._item_losses = Counter()
        self._keep(record)
        self._tell(StepStarted, record, step_type=record.step_type)
        self.flush()
        return record

    def skip_step(self, step: Step, *, phase: str | None = None, outcome: str | None = None) -> StepRecord:
        """Record that a step was skipped, because of `outcome` if given, else because its `when` was false."""
        record = evolve(
            self._new_record(step, 1, None, phase), status=StepStatus.SKIPPED, completed_at=self._store.now()
        )
        record = evolve(record, transition=evolve(record.transition, outcome=outcome))
        self._keep(record)
        self._tell(StepSkipped, record, reason=outcome or "its `when` was false")
        return record

    def finish_step(
        self, record: StepRecord, result: StepResult, work: Work | None = None, *, retry_in: float | None = None
    ) -> None:
        """Record the end of an attempt; on success its output and the staged data of `work` become visible with it."""
        metrics = to_json_value(result.quality.to_dict(), "quality") if result.quality else {}
        outputs = freeze(result.output)
        record = evolve(
            record,
            status=StepStatus.COMPLETED if result.success else StepStatus.FAILED,
            completed_at=self._store.now(),
            outputs=outputs,
            error=result.error,
            error_category=result.error_category,
            error_type=result.failure.type if result.failure else None,
            failure=result.failure.to_dict() if result.failure else None,
            row_count=_row_count(result),
            metrics=metrics,
            transition=evolve(_transition(result, record), read_source=self._read_source(record, result, work)),
        )
        self._keep(record)
        for note in result.events:
            self._tell(StepNoted, record, note=note)
        own = _losses_in(work.staged) if work is not None and result.success else Counter()
        self._tell_finished(record, retry_in, self._item_losses + own)
        if result.success:
            if work is not None:
                self.stage(work)
            context = self.context.with_output(record.step_name, outputs)
            self.context = context.with_params(result.context_updates) if result.context_updates else context
        if retry_in is not None:
            self.flush()

    def finish_adding(self, record: StepRecord, result: StepResult, work: Work) -> CaptureConflictError | None:
        """Record the end of an attempt that added to captures, and commit it at once.

        Return the error if another process has captured one of them meanwhile; the attempt has not ended then.
        """
        context = self.context
        self.finish_step(record, result, work)
        try:
            self.flush()
        except CaptureConflictError as error:
            self.context = context
            self._latest[record.step_name] = record
            self._forget_pending()
            return error
        return None

    def stage(self, work: Work) -> None:
        """Commit what the work staged with the next batch."""
        self._staged.extend(work.staged)

    def wait_step(self, record: StepRecord, result: StepResult, work: Work, since: datetime) -> StepRecord:
        """Record that a step, and so the run, waits until `result.wake_at`, together with its staged data.

        `since` is the time from which the step counted.
        """
        assert result.wake_at is not None
        self.stage(work)
        waiting = evolve(record.transition, wake_at=result.wake_at, wait_state=result.wait_state)
        return self._wait(evolve(record, transition=waiting), result.wake_at, since)

    def pause_step(self, step: Step, tries_left: int, first_attempt: int, seconds: float) -> None:
        """Record that the run waits so long for the next attempt of a step."""
        self.wait_anew(self._new_record(step, tries_left, first_attempt, None), seconds, self._store.now())

    def wait_anew(self, record: StepRecord, seconds: float, since: datetime) -> StepRecord:
        """Record that an attempt waits so long from `since`."""
        wake_at = since + timedelta(seconds=seconds)
        return self._wait(evolve(record, transition=evolve(record.transition, wake_at=wake_at)), wake_at, since)

    def _wait(self, record: StepRecord, wake_at: datetime, since: datetime) -> StepRecord:
        waiting = evolve(record.transition, waits_since=since)
        record = evolve(record, status=StepStatus.WAITING, transition=waiting)
        self._keep(record)
        self.run = evolve(self.run, status=WorkflowStatus.WAITING, wake_at=self._within_deadline(wake_at))
        self._tell(StepWaiting, record, wake_at=wake_at.isoformat())
        self.flush(with_run=True)
        return record

    def keep_waiting(self, record: StepRecord) -> None:
        """Record that the run waits for a waiting step, unless that is recorded already."""
        if self.run.status is not WorkflowStatus.WAITING:
            wake_at = self._within_deadline(record.transition.wake_at)
            self.run = evolve(self.run, status=WorkflowStatus.WAITING, wake_at=wake_at)
            self.flush(with_run=True)

    def _within_deadline(self, wake_at: datetime | None) -> datetime | None:
        return min((moment for moment in (wake_at, self.deadline) if moment is not None), default=None)

    def wake_step(self, record: StepRecord) -> StepRecord:
        """Record that a waiting step continues."""
        record = evolve(record, status=StepStatus.RUNNING)
        self._keep(record)
        self.run = evolve(self.run, status=WorkflowStatus.RUNNING, wake_at=None)
        self._tell(StepWoken, record)
        self.flush(with_run=True)
        return record

    def finish_items(self, items: ItemBatch, staged: StagedRecords) -> None:
        """Commit items of a map step, with their staged data."""
        self._item_losses += _losses_in(staged)
        self._store.commit(Batch(self.run.run_id, self.run.fence, items=items, staged=staged))

    def cancel_running(self, error: str | None = None) -> None:
        """Record that the running and waiting attempts were interrupted."""
        for record in [record for record in self._latest.values() if record.status.is_open]:
            cancelled = evolve(record, status=StepStatus.CANCELLED, completed_at=self._store.now(), error=error)
            self._keep(cancelled)
            self._tell(StepCancelled, cancelled, duration_ms=cancelled.duration_ms)

    def park(self) -> None:
        """Record that the run may continue in any process."""
        self.run = evolve(self.run, status=WorkflowStatus.PENDING)
        self._events.append(RunParked(run_id=self.run.run_id, workflow=self.run.workflow_name))
        self.flush(with_run=True)

    def finish(
        self,
        status: WorkflowStatus,
        *,
        outcome: str | None = None,
        failure: tuple[str | None, StepResult] | None = None,
    ) -> None:
        """Record the end of the run; if it reached the end of its workflow, steps that never ran are SKIPPED."""
        if self._is_begun:  # without a step since then: what changes at the end is written apart
            self.flush()
        if status.is_good:
            self._skip_the_rest(outcome or "not on the path taken")
        error_step, result = failure or (None, None)
        self.run = evolve(
            self.run,
            status=status,
            outcome=outcome,
            completed_at=self._store.now(),
            outputs=self.context.outputs,
            wake_at=None,
            error=result.error if result else None,
            error_step=error_step,
            error_category=result.error_category if result else None,
            error_type=result.failure.type if result and result.failure else None,
            error_retryable=result.retryable if result else None,
            completed_steps=self._count(StepStatus.COMPLETED),
            failed_steps=self._count(StepStatus.FAILED),
            skipped_steps=self._count(StepStatus.SKIPPED),
        )
        self._events.append(end_of(self.run))
        self.flush(with_run=True)

    def flush(self, *, with_run: bool = False) -> None:
        """Commit pending changes, with the lines that were logged."""
        with_run = with_run or self._is_begun or self._opening is not None
        run, events = self.run if with_run else None, self._events
        alerts = raised_at_end(self._listeners, run) if run is not None and run.status.has_ended else ()
        with lines_to_commit(self.run.run_id) as lines:
            batch = Batch(
                self.run.run_id,
                self.run.fence,
                run=run,
                steps=self._steps,
                events=events,
                staged=self._staged,
                alerts=alerts,
                removed=self._removed,
                logs=lines,
                opening=self._opening,
            )
            self._store.commit(batch)
        self._is_begun, self._opening = False, None
        self._forget_pending()
        notify(self._listeners, events)

    def settle(self) -> bool:
        """Reconcile with the last commit after an interrupt; return True if the run has ended."""
        kept = self._store.get_run(self.run.run_id)
        if kept is None or kept.status.has_ended:
            return True
        if self._steps:
            stored = {record.step_id: record.status for record in self._store.list_steps(self.run.run_id)}
            if stored.get(self._steps[-1].step_id) is self._steps[-1].status:
                self._forget_pending()
        return False

    def _forget_pending(self) -> None:
        self._steps, self._events, self._staged, self._removed = [], [], [], []

    def _new_record(self, step: Step, tries_left: int, first_attempt: int | None, phase: str | None) -> StepRecord:
        previous = self._latest.get(step.name)
        attempt = previous.attempt + 1 if previous else 1
        self._sequence += 1
        return StepRecord(
            step_id=new_id(),
            run_id=self.run.run_id,
            step_name=step.name,
            step_type=step.kind,
            step_order=self.workflow.order_of(step.name),
            attempt=attempt,
            max_attempts=attempt + tries_left - 1,
            status=StepStatus.RUNNING,
            started_at=self._store.now(),
            params=step.config_values(),
            first_attempt=first_attempt or attempt,
            sequence=self._sequence - 1,
            transition=Transition(phase=phase) if phase else NO_TRANSITION,
        )

    def _skip_the_rest(self, reason: str) -> None:
        for order, step in enumerate(self.workflow.steps):
            if step.name not in self._latest:
                skipped = StepRecord(new_id(), self.run.run_id, step.name, step.kind, order, 0, 0, StepStatus.SKIPPED)
                self._keep(skipped)
                self._tell(StepSkipped, skipped, reason=reason)

    def _read_source(self, record: StepRecord, result: StepResult, work: Work | None) -> bool | None:
        if work is not None and (work.sources_read or result.outcome is not None):
            return True
        step = self.workflow.get_step(record.step_name)
        return False if step is not None and result.success and step.spec.runs_pipelines() else None

    def _keep(self, record: StepRecord) -> None:
        self._latest[record.step_name] = record
        self._steps.append(record)

    def _tell_finished(self, record: StepRecord, retry_in: float | None, losses: Counter[str]) -> None:
        figures: dict[str, Any] = {"duration_ms": record.duration_ms, "row_count": record.row_count}
        figures |= {"reject_count": losses["rejects"], "warning_count": losses["warnings"]}
        failure: dict[str, Any] = {"error": record.error, "error_category": record.error_category}
        if record.status is StepStatus.COMPLETED:
            self._tell(StepCompleted, record, **figures)
        elif retry_in is None:
            self._tell(StepFailed, record, **figures, **failure)
        else:
            self._tell(StepRetrying, record, **figures, **failure, retry_in=retry_in)

    def _tell(self, event: type[StepEvent], record: StepRecord, **details: Any) -> None:
        details |= {"run_id": self.run.run_id, "step_id": record.step_id}
        self._events.append(event(step=record.step_name, attempt=record.attempt, **details))

    def _count(self, status: StepStatus) -> int:
        return sum(record.status is status for record in self._latest.values())


def end_of(run: RunRecord) -> RunEnded:
    """Return the event of a run's end."""
    return RunEnded(
        run_id=run.run_id,
        status=run.status,
        workflow=run.workflow_name,
        domain=run.domain,
        outcome=run.outcome,
        duration_ms=run.duration_ms,
        error=run.error,
        error_step=run.error_step,
        error_category=run.error_category,
        error_retryable=run.error_retryable,
        parent_run_id=run.parent_run_id,
        partition=run.partition,
    )


def _transition(result: StepResult, record: StepRecord) -> Transition:
    return Transition(
        phase=record.transition.phase,
        next_step=result.next_step,
        outcome=result.outcome,
        context_updates=result.context_updates,
        retryable=None if result.success else result.retryable,
    )


def _row_count(result: StepResult) -> int | None:
    if result.quality is not None:
        return _count(result.quality.record_count)
    return _count(result.output.get("record_count"))


def _losses_in(staged: Sequence[object]) -> Counter[str]:
    """Count the rejected rows, and the warnings of contracts, of an attempt or of items."""
    kinds = {Reject: "rejects", QualityResult: "warnings"}
    return Counter(kind for record in staged if (kind := kinds.get(type(record))))


def _count(value: object) -> int | None:
    """Return `value` if it is a valid count for the column, a 64-bit integer."""
    return value if type(value) is int and 0 <= value < 2**63 else None
