"""Lifecycle of runs: starts and resumes them under a lease, for the public runner and for child runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from attrs import define, evolve, frozen

from spine.core.errors import OrchestrationError, SpineError, ValidationError
from spine.core.jsonvalue import to_json_value
from spine.core.names import check_text
from spine.core.suggest import no_such
from spine.framework.captures.revision import normalize_partition
from spine.framework.dispatcher import Dispatcher, TriggerSource
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.engine.children import ChildRuns
from spine.orchestration.engine.execution import RunExecution, workflow_timeout
from spine.orchestration.engine.flow import Flow
from spine.orchestration.engine.heartbeat import Heartbeat, Held
from spine.orchestration.engine.journal import Journal
from spine.orchestration.engine.listener import RunListener
from spine.orchestration.engine.replay import Replay, replay
from spine.orchestration.engine.run_log import run_log
from spine.orchestration.events import RunResumed, RunStarted
from spine.orchestration.lease import (
    Lease,
    LeaseError,
    LimitReachedError,
    LostLeaseError,
    NotTakenError,
    PartitionBusyError,
)
from spine.orchestration.records import Opening, RunRecord, StepRecord, UnknownRunError
from spine.orchestration.result import WorkflowResult, result_of
from spine.orchestration.resumption import Continuation, ExecutionState, ResumePoint
from spine.orchestration.run_store import RunStore
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import StepServices
from spine.orchestration.stop import Stop, StopReason

logger = logging.getLogger("spine.orchestration")

PARENT_ENDED = "its parent run has ended"
_LIMIT_POLL_SECONDS = 0.5


@frozen
class Engine:
    """Engine of the runs in `store`; see WorkflowRunner for the options."""

    store: RunStore
    dispatcher: Dispatcher
    listeners: Sequence[RunListener]
    triggered_by: TriggerSource
    refresh: bool
    park_waits: bool
    lease: Lease
    sleep: Callable[[float], None] | None
    grace_seconds: float
    heartbeat: Heartbeat

    def start(
        self,
        workflow: Workflow,
        context: WorkflowContext,
        stop: Stop,
        *,
        start_from: str | None = None,
        idempotency_key: str | None = None,
        schedule_id: str | None = None,
        parent: RunRecord | None = None,
    ) -> WorkflowResult:
        """Create a run and execute it; an existing run with the same key is returned unchanged.

        Raises ValidationError for a key of another workflow or of other parameters; LimitReachedError for a child run
        with `park_waits`.
        """
        new = self.new_run(
            workflow,
            context,
            start_from=start_from,
            idempotency_key=idempotency_key,
            schedule_id=schedule_id,
            parent=parent,
        )
        run, opening = evolve(new, fence=new.fence + 1), None
        if idempotency_key is None and new.partition_lock is None and not workflow.limits:  # nothing can refuse it
            opening = Opening(self.lease, workflow.to_dict)
        else:
            run = self._create(workflow, new, stop)
        if run.run_id != new.run_id:
            if parent is None:
                check_same(run, new)
            return self.look_up(run.run_id)
        context = evolve(context, execution={**context.execution, "fence": run.fence})
        journal = Journal(workflow, run, context, self.store, self.listeners, opening=opening)
        found = replay(workflow, run, [], context.outputs)
        journal.context = found.context = context
        journal.begin(RunStarted, is_kept=True)
        return self._execute(journal, found, stop)

    def _create(self, workflow: Workflow, new: RunRecord, stop: Stop) -> RunRecord:
        """Store a new run within the limits of its workflow; return it, or the one that has its key."""
        waits = _Room(workflow, stop)
        while (run := self.store.create(new, workflow.to_dict(), workflow.limits, self.lease)) is None:
            if new.parent_run_id is not None and self.park_waits:
                raise _no_room(new.run_id, workflow)
            waits.sleep()
        return run

    def new_run(
        self,
        workflow: Workflow,
        context: WorkflowContext,
        *,
        start_from: str | None = None,
        idempotency_key: str | None = None,
        schedule_id: str | None = None,
        parent: RunRecord | None = None,
    ) -> RunRecord:
        """Return the record of a run that starts now and is not stored yet."""
        if idempotency_key is not None:
            check_text(idempotency_key, "the idempotency key")
        execution = ExecutionState(
            context={**context.execution, "refresh": True} if self.refresh else context.execution,
            metadata=to_json_value(context.metadata, "the context's metadata"),
            outputs=context.outputs if parent is None else {},
            start_from=start_from,
        )
        return RunRecord(
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
            triggered_by=self.triggered_by.value,
            parent_run_id=parent.run_id if parent else None,
            schedule_id=schedule_id,
            idempotency_key=idempotency_key,
            execution=execution,
            partition_lock=_lock_of(workflow, normalize_partition(context.partition)),
            queue=workflow.queue,
            priority=workflow.priority,
        )

    def execute_prepared(
        self, run: RunRecord, workflow: Workflow, stop: Stop, *, force: bool = False
    ) -> WorkflowResult:
        """Execute a prepared run that no process has started; it starts now.

        Raises as `resume` does.
        """
        if not force:
            self._check_definition(run, workflow, None)
        if self._is_handed(run) and not workflow.limits:
            try:
                opening = Opening(self.lease, taken_from=run.lease_owner)
                return self._begin(evolve(run, fence=run.fence + 1), workflow, stop, opening)
            except NotTakenError as error:  # nothing was executed
                logger.debug("%s", error)
        return self._begin(self._acquire(run, workflow, stop, take_over=False), workflow, stop, None)

    def _is_handed(self, run: RunRecord) -> bool:
        """Return True for a prepared run that waits for this process."""
        return run.is_prepared and run.lease_owner in (self.lease.owner, self.lease.handed_by) and not run.is_asked

    def _begin(self, run: RunRecord, workflow: Workflow, stop: Stop, opening: Opening | None) -> WorkflowResult:
        run = evolve(run, status=WorkflowStatus.RUNNING, started_at=self.store.now())
        found = replay(workflow, run, [], run.execution.outputs)
        journal = Journal(workflow, run, found.context, self.store, self.listeners, opening=opening)
        journal.begin(RunStarted)  # committed with the start of its first step
        return self._execute(journal, found, stop)

    def resume(
        self,
        run: RunRecord,
        workflow: Workflow,
        stop: Stop,
        *,
        from_step: str | None = None,
        force: bool = False,
        end_wait: bool = False,
        take_over: bool = False,
        outputs: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> WorkflowResult:
        """Execute the rest of a run. `outputs` are those that a child run sees of its parent.

        Raises WorkflowError for a run that has nothing left to do, or whose workflow has changed, unless `force`;
        LeaseError while another process runs it, unless `take_over`; LimitReachedError with `park_waits`.
        """
        if not force:
            self._check_definition(run, workflow, from_step)
        run = self._acquire(run, workflow, stop, take_over=take_over)
        records = self.store.list_steps(run.run_id)
        execution = run.execution
        if run.status is WorkflowStatus.RUNNING:  # the process that ran it died
            execution = evolve(execution, crashes=execution.crashes + 1)
        sequence = _next_sequence(records)
        if from_step is not None:
            execution = evolve(execution, resumed_from=ResumePoint(from_step, sequence))
        if from_step is not None or run.status.has_ended:
            execution = evolve(execution, continued=Continuation(self.store.now(), sequence))
        run = evolve(
            run,
            status=WorkflowStatus.RUNNING,
            wake_at=None,
            completed_at=None,
            error=None,
            error_step=None,
            execution=execution,
        )
        found = replay(workflow, run, records, outputs or execution.outputs)
        if end_wait:
            found.end_wait(self.store.now())
        journal = Journal(workflow, run, found.context, self.store, self.listeners, records)
        journal.begin(RunResumed, found.interrupted)
        self._open(journal)
        return self._execute(journal, found, stop, force=force)

    def reopen(self, run: RunRecord) -> None:
        """Record a run that has ended as PENDING, so that any process executes the rest of it, as `resume` would.

        Raises LeaseError while another process holds it, PartitionBusyError while another run of its partition is open.
        """
        taken = self.store.acquire(run.run_id, self.lease)
        if taken is None or not taken.status.has_ended:
            return
        records = self.store.list_steps(run.run_id)
        execution = evolve(taken.execution, continued=Continuation(self.store.now(), _next_sequence(records)))
        again = evolve(taken, completed_at=None, error=None, error_step=None, execution=execution)
        journal = Journal(Workflow(run.workflow_name, []), again, _context(again, records), self.store, (), records)
        try:
            journal.park()
        finally:
            self.store.release(run.run_id, taken.fence)

    def _open(self, journal: Journal) -> None:
        """Commit that a run is open again; release it if another run of its partition is."""
        try:
            journal.flush()
        except PartitionBusyError:
            self.store.release(journal.run.run_id, journal.run.fence)
            raise

    def end(
        self,
        run_id: str,
        status: WorkflowStatus,
        reason: str,
        *,
        take_over: bool = False,
        error: SpineError | None = None,
    ) -> RunRecord:
        """Record the end of a run that no process executes, and of its child runs; `error` is that of a failed one.

        Raises LeaseError while another process runs it, unless `take_over`: then that process cannot commit any more.
        """
        run = self.store.acquire(run_id, self.lease, force=take_over)
        if run is None:
            return self.look_up_record(run_id)
        if run.status.has_ended:
            self.store.release(run_id, run.fence)
            return run
        journal = self._journal_of(run, self.listeners)
        running = [record.step_name for record in journal.records if record.status.is_open]
        journal.cancel_running(reason)
        result = StepResult.fail(error or OrchestrationError(reason))
        failure = (running[-1] if running else None, result) if status.has_failed else None
        journal.finish(status, failure=failure)
        self._end_children(run_id, reason)
        return journal.run

    def _leave(self, run: RunRecord) -> None:
        """End the child runs that an ended run left open, and release it, so that any process may resume it at once.

        Its end is committed: an error here is a warning, as `recover` does the same and the lease ends by itself.
        """
        try:
            self._end_children(run.run_id, PARENT_ENDED)
            self.store.release(run.run_id, run.fence)
        except SpineError as error:
            logger.warning(
                "run %s has ended, and its child runs may be open: %s; run spine runs recover", run.run_id, error
            )

    def _end_children(self, run_id: str, reason: str) -> None:
        """End the child runs that an ended run left open; a process that dies here leaves them to `recover`."""
        for child in self.store.list_children(run_id):
            if not child.status.has_ended:
                self.end(child.run_id, WorkflowStatus.CANCELLED, reason, take_over=True)

    def park(self, run_id: str, reason: str) -> None:
        """Take a run from the process that executes it and leave it, PENDING, to any process, with its child runs.

        That process cannot commit any more. A run that has ended or waits is unchanged.
        """
        run = self.store.acquire(run_id, self.lease, force=True)
        if run is None:
            return
        if run.status is WorkflowStatus.RUNNING:
            journal = self._journal_of(run, ())
            journal.cancel_running(reason)
            journal.park()
            for child in self.store.list_children(run_id):
                self.park(child.run_id, reason)
        self.store.release(run_id, run.fence)

    def _journal_of(self, run: RunRecord, listeners: Sequence[RunListener]) -> Journal:
        """Return the journal of a run that this process does not execute."""
        records = self.store.list_steps(run.run_id)
        return Journal(Workflow(run.workflow_name, []), run, _context(run, records), self.store, listeners, records)

    def look_up_record(self, run_id: str) -> RunRecord:
        """Return the record of a run; UnknownRunError if there is none."""
        run = self.store.get_run(run_id)
        if run is None:
            raise UnknownRunError(no_such("run", run_id))
        return run

    def look_up(self, run_id: str) -> WorkflowResult:
        """Return the current state of a run in the store."""
        run = self.look_up_record(run_id)
        records = self.store.list_steps(run_id)
        return result_of(run, _context(run, records), list({record.step_name: record for record in records}.values()))

    def _check_definition(self, run: RunRecord, workflow: Workflow, from_step: str | None) -> None:
        """Raise ChangedWorkflowError if the rest of a run would differ from what its definition says."""
        if run.definition_hash == workflow.definition_hash():
            return
        from spine.orchestration.definition.diff import check_definition  # few runs meet another definition

        if from_step is not None:
            flow = Flow(workflow, workflow.step_index(from_step))
        else:
            flow = replay(workflow, run, self.store.list_steps(run.run_id), run.execution.outputs).flow
        check_definition(run, workflow, self.store.get_definition(run.definition_hash), flow.passed())

    def _acquire(self, run: RunRecord, workflow: Workflow, stop: Stop, *, take_over: bool) -> RunRecord:
        """Acquire the lease of a run within the limits of its workflow; request `stop` if it is to be cancelled."""
        waits = _Room(workflow, stop)
        while (taken := self.store.acquire(run.run_id, self.lease, limits=workflow.limits, force=take_over)) is None:
            if self.park_waits:
                raise _no_room(run.run_id, workflow)
            waits.sleep()
        if taken.status.has_ended and not run.status.has_ended:
            self.store.release(taken.run_id, taken.fence)
            raise LeaseError(f"run {run.run_id} was finished by another process")
        if taken.cancel_requested_at is not None and not taken.status.has_ended:
            stop.request(StopReason.CANCEL)
        return taken

    def _execute(self, journal: Journal, found: Replay, stop: Stop, *, force: bool = False) -> WorkflowResult:
        run = journal.run
        if journal.workflow.timeout is not None:
            begun = run.execution.continued.at if run.execution.continued else run.started_at
            now = self.store.now()
            timeout = timedelta(seconds=journal.workflow.timeout)
            journal.deadline = min(begun, now) + timeout  # a run that begins in the future began under a wrong clock
            stop.after(max((journal.deadline - now).total_seconds(), 0))
        children = ChildRuns(self, run, stop, force)
        services = StepServices(self.dispatcher, self.triggered_by, stop=stop, children=children, clock=self.store)
        refresh = self.refresh or bool(run.execution.context.get("refresh"))  # of a run that another process began
        execution = RunExecution(
            journal, found, self.store, services, stop, refresh, self.park_waits, self.sleep or stop.sleep
        )
        end_hung = None if run.parent_run_id else partial(self._end_hung, run.run_id, journal.workflow)
        held = Held(run.fence, stop, lambda: journal.is_stored, end_hung)
        with self.heartbeat.holding(run.run_id, held), run_log(self.store, run.run_id):
            try:
                execution.run()
            except LostLeaseError as error:
                logger.error("%s", error)  # noqa: TRY400 - not an error of this program
                raise
        if not journal.run.status.has_ended and journal.is_stored:
            self.store.release(run.run_id, run.fence)
        elif journal.run.status is not WorkflowStatus.COMPLETED:
            self._leave(run)
        return result_of(journal.run, journal.context, journal.records)

    def _end_hung(self, run_id: str, workflow: Workflow, reason: StopReason) -> None:
        """Record the end of a run whose step does not stop; the step's thread cannot commit any more."""
        if reason is StopReason.CANCEL:
            self.end(run_id, WorkflowStatus.CANCELLED, "cancelled", take_over=True)
            return
        late = workflow_timeout(workflow)
        self.end(run_id, WorkflowStatus.FAILED, str(late), take_over=True, error=late)


def _context(run: RunRecord, records: Sequence[StepRecord]) -> WorkflowContext:
    outputs = {record.step_name: record.outputs for record in records if record.status is StepStatus.COMPLETED}
    return WorkflowContext(
        run.run_id,
        run.workflow_name,
        run.params,
        {**run.execution.outputs, **outputs},
        run.partition,
        run.execution.context,
        run.started_at,
    )


def _lock_of(workflow: Workflow, partition: Mapping[str, str]) -> str | None:
    if workflow.partitions is None:
        return None
    from spine.orchestration.partitions import lock_of  # few workflows declare partitions

    return lock_of(workflow.name, partition)


def _next_sequence(records: Sequence[StepRecord]) -> int:
    return max((record.sequence for record in records if record.attempt), default=-1) + 1


def _no_room(run_id: str, workflow: Workflow) -> LimitReachedError:
    names = ", ".join(workflow.limits)
    return LimitReachedError(f"run {run_id} waits: a limit of its workflow is reached ({names})")


@define
class _Room:
    """Wait of a run for room within the limits of its workflow, which is logged when it begins."""

    _workflow: Workflow
    _stop: Stop
    _is_told: bool = False

    def sleep(self) -> None:
        """Sleep until the next look; RunStopped as soon as there is a reason to stop."""
        if not self._is_told:
            limits = ", ".join(f"limit {name!r} allows {number}" for name, number in self._workflow.limits.items())
            logger.warning("a run of %s waits for room: %s", self._workflow.name, limits)
            self._is_told = True
        self._stop.sleep(_LIMIT_POLL_SECONDS)


def check_same(run: RunRecord, new: RunRecord) -> None:
    """Raise ValidationError if the run that has the key of `new` is one of another workflow, or of other parameters."""
    owner = f"key {new.idempotency_key!r:.80} belongs to run {run.run_id}"
    if run.workflow_name != new.workflow_name:
        raise ValidationError(f"{owner} of workflow {run.workflow_name!r}: use another key")
    names = sorted(name for name in {*run.params, *new.params} if run.params.get(name) != new.params.get(name))
    if names or dict(run.partition) != dict(new.partition):
        raise ValidationError(f"{owner}, which has another {' and '.join(names) or 'partition'}: use another key")
