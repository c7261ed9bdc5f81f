"""Execution of a run from its current state to its end: each step is committed before the next one starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import define, evolve

from spine.core.clock import was_ahead
from spine.core.errors import TimeoutError, WorkflowError  # noqa: A004 - Spine has its own
from spine.core.failure import Failure
from spine.core.interrupts import INTERRUPTS
from spine.framework.captures import Capture
from spine.framework.progress import note_items
from spine.framework.work import Work, use_work
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.options import ErrorPolicy
from spine.orchestration.definition.references import answer_of
from spine.orchestration.definition.spec import TimeoutBy
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.engine.attempt import Attempt, failed_by, work_of
from spine.orchestration.engine.flow import Flow
from spine.orchestration.engine.freshness import UNCHANGED
from spine.orchestration.engine.journal import Journal
from spine.orchestration.engine.replay import Replay
from spine.orchestration.lease import LostLeaseError
from spine.orchestration.records import ItemBatch, ItemProgress, ItemRecord, ItemResult, StepRecord
from spine.orchestration.run_store import RunStore
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import AttemptInfo, StepServices
from spine.orchestration.stop import RunStopped, Stop, StopReason

_LONGEST_PAUSE = 10.0  # seconds before a further attempt for which a process is kept


class RunParked(BaseException):
    """Signal that the run waits and is parked: it needs no process meanwhile."""


@define
class RunExecution:
    """Execution of the steps of one run; `services` are passed to each of them.

    With `park_waits`, a step that waits ends the execution; without, the thread sleeps.
    """

    journal: Journal
    replay: Replay
    store: RunStore
    services: StepServices
    stop: Stop
    refresh: bool
    park_waits: bool
    sleep: Callable[[float], None]
    _read_before: Mapping[str, bool] | None = None

    def run(self) -> None:
        """Execute until the run ends, waits, is parked or is stopped; KeyboardInterrupt is raised again."""
        try:
            self._proceed()
        except RunParked:
            return
        except RunStopped as stopped:
            self._stopped(stopped.reason)
        except Exception:  # of the store, not of a step: the stored state is all that is known of the run
            raise
        except BaseException:
            self._stopped(self.stop.reason or StopReason.CANCEL)
            raise

    def _proceed(self) -> None:
        flow, freshness = self.replay.flow, self.replay.freshness
        if self.replay.failed is not None and flow.current is not None:  # its process died, or waited, at its end
            self._fail(flow.current, result_of_failed(self.replay.failed))
            return
        while (step := flow.current) is not None:
            self.stop.check()
            if self.replay.waiting(step.name) is None and freshness.skips(step, self._may_read):
                freshness.note(self.journal.skip_step(step, outcome=UNCHANGED))
                flow.pass_over(step)
                continue
            self.replay.finished_cleanup.clear()
            result = self._run_step(step, flow=flow)
            if not result.success and step.on_error is not ErrorPolicy.CONTINUE:
                self._fail(step, result)
                return
            freshness.note(self.journal.latest(step.name))
            flow.advance(step, result.next_step if result.success else None)
        self._succeed(freshness.outcome)

    def _may_read(self, step: Step) -> bool:
        """Return True if the step read a source in an earlier run, or may do so and has not completed in any."""
        run = self.journal.run
        if self._read_before is None:
            self._read_before = self.store.sources_read(run.workflow_name, run.definition_hash)
        return self._read_before.get(step.name, step.spec.runs_pipelines() or self._is_function_like_a_reader(step))

    def _is_function_like_a_reader(self, step: Step) -> bool:
        """Return True if it calls a function, in a run in which a function has said that its source is unchanged."""
        by_name = self.journal.workflow.get_step
        unchanged = (by_name(name) for name in self.replay.freshness.said)
        return step.spec.calls_function() and any(found and found.spec.calls_function() for found in unchanged)

    def _succeed(self, outcome: str | None) -> None:
        hooks = [step for step in self.journal.workflow.on_success if step.name not in self.replay.finished_hooks]
        for step in hooks:
            self.stop.check()
            self._run_step(step, phase="on_success")
        status = WorkflowStatus.PARTIAL if self.journal.has_failures else WorkflowStatus.COMPLETED
        self.journal.finish(status, outcome=outcome)

    def _fail(self, step: Step | None, result: StepResult) -> None:
        """Run the cleanup and the hooks, without the workflow's timeout, and record the end."""
        self.stop.end_deadline()
        self.journal.deadline = None
        if self.stop.reason is StopReason.CANCEL:
            self.stop.check()
        self._clean_up(self.replay.flow.position + 1)
        for hook in self.journal.workflow.on_failure:
            self._run_once(hook, "on_failure")
        self.journal.finish(WorkflowStatus.FAILED, failure=(step.name if step else None, result))

    def _clean_up(self, position: int) -> None:
        for step in self.journal.workflow.steps[position:]:
            if step.always_run:
                self._run_once(step, "cleanup")

    def _run_once(self, step: Step, phase: str) -> None:
        if step.name not in self.replay.finished_cleanup:
            self._run_step(step, phase=phase)
            self.replay.finish_hook(step.name, phase)

    def _stopped(self, reason: StopReason) -> None:
        if reason is StopReason.LOST:
            run_id = self.journal.run.run_id
            raise LostLeaseError(
                f"run {run_id} was taken over by another process because this one stopped renewing its lease"
            )
        if reason is StopReason.PARK:
            self.journal.cancel_running("the process was asked to end")
            self.journal.park()
            return
        self.stop.clear()
        if reason is StopReason.CANCEL:
            self._cancelled()
            return
        late = workflow_timeout(self.journal.workflow)
        self.journal.cancel_running(str(late))
        self._fail(self.replay.flow.current, StepResult.fail(late))

    def _cancelled(self) -> None:
        if self.journal.settle():
            return
        self.journal.cancel_running("cancelled")
        self.park_waits = False  # its cleanup has `grace_seconds`
        try:
            self._clean_up(self.replay.flow.position + 1)
        finally:  # an interrupt here is final
            self.journal.cancel_running("cancelled")
            self.journal.finish(WorkflowStatus.CANCELLED)

    def _run_step(self, step: Step, *, flow: Flow | None = None, phase: str | None = None) -> StepResult:
        record = self.replay.waiting(step.name, phase)
        if record is None and step.when is not None:
            self.journal.flush()
            try:
                info = AttemptInfo(refresh=self.refresh)
                with use_work(work_of(step, self.journal.context, self.journal.workflow, info)) as work:
                    wanted = bool(answer_of(step.when, self.journal.context, f"the when of step {step.name!r}"))
                self.journal.stage(work)
            except INTERRUPTS:
                raise
            except BaseException as error:  # noqa: BLE001 - of the step, as any of its code
                return self._failed_at_once(step, phase, error)
            if not wanted:
                self.journal.skip_step(step, phase=phase)
                return StepResult.ok()
        return self._tries(step, flow, phase, record)

    def _failed_at_once(self, step: Step, phase: str | None, error: BaseException) -> StepResult:
        first_attempt = self.replay.first_attempt(step.name, phase)
        record = self.journal.start_step(step, 1, first_attempt=first_attempt, phase=phase)
        result = failed_by(error, step.name)
        self.journal.finish_step(record, result)
        return result

    def _tries(self, step: Step, flow: Flow | None, phase: str | None, record: StepRecord | None) -> StepResult:
        policy = step.effective_retry
        tries = policy.max_attempts if policy else 1
        first_attempt = self.replay.first_attempt(step.name, phase)
        self.replay.begin_visit(phase)
        begun = 1 if record is None else max(tries - (record.max_attempts - record.attempt), 1)
        for number in range(begun, tries + 1):
            left = tries - number + 1
            if record is None:
                record = self.journal.start_step(step, left, first_attempt=first_attempt, phase=phase)
            result, work, record = self._attempt(step, record, flow)
            first_attempt = record.first_attempt
            if result.success and _adds(work):
                conflict = self.journal.finish_adding(record, result, work)
                if conflict is None:
                    return result
                result = failed_by(conflict, step.name)
            last = result.success or not result.retryable or number == tries
            delay = policy.delay_seconds(number, result.retry_after) if policy and not last else None
            self.journal.finish_step(record, result, work, retry_in=delay)
            if delay is None:
                return result
            record = None
            if self.park_waits and phase is None and delay > _LONGEST_PAUSE:
                self.journal.pause_step(step, left - 1, first_attempt, delay)
                raise RunParked
            self.sleep(delay)
        raise AssertionError("unreachable: the last attempt returns")

    def _attempt(self, step: Step, record: StepRecord, flow: Flow | None) -> tuple[StepResult, Work, StepRecord]:
        """Run one attempt, again after each wait, and return its result, work and record."""
        if record.is_paused:
            record = self._begun(self._sleep(record, record.transition.wake_at or self.store.now()))
        context, deadline = self.journal.context, _deadline(step, record)
        is_resumed = True
        while True:
            left = None
            if record.transition.wake_at is not None:
                record = self._sleep(record, record.transition.wake_at, is_resumed=is_resumed)
                left = None if deadline is None else self._left(step, deadline)
            info = _info(record, left, refresh=self.refresh)
            services = evolve(self.services, attempt=info, stop=self.stop, items=_Items(self, record))
            attempt = Attempt(step, context, services, self.journal.workflow, isolated)
            begun = self.store.now()
            result = attempt.run()
            if not result.success or result.wake_at is None:
                return _led_on(flow, step, result), attempt.work, record
            wake_at = result.wake_at if deadline is None else min(result.wake_at, deadline)
            # the greater one, if the clock was put right while the step worked
            since, is_resumed = max(begun, self.store.now()), False
            record = self.journal.wait_step(record, evolve(result, wake_at=wake_at), attempt.work, since)

    def _begun(self, record: StepRecord) -> StepRecord:
        """Return the record of an attempt that begins after its pause."""
        return evolve(record, started_at=self.store.now(), transition=evolve(record.transition, wake_at=None))

    def _sleep(self, record: StepRecord, wake_at: datetime, *, is_resumed: bool = False) -> StepRecord:
        now = self.store.now()
        since = record.transition.waits_since
        if is_resumed and record.transition.wait_state == {}:
            wake_at = now  # such as a step whose child run waits: the child knows how long
        elif since is not None and was_ahead(since, now):
            record, wake_at = self._waited_ahead(record, wake_at, since, now)
        left = (wake_at - now).total_seconds()
        if left > 0 and self.park_waits:
            self.journal.keep_waiting(record)
            raise RunParked
        self.stop.sleep(max(left, 0))
        return self.journal.wake_step(record)

    def _waited_ahead(
        self, record: StepRecord, wake_at: datetime, since: datetime, now: datetime
    ) -> tuple[StepRecord, datetime]:
        """Return the record and the wake time of a wait that began while the clock was ahead, counted from now.

        It is as long as it was to be.
        """
        seconds = (wake_at - since).total_seconds()
        return self.journal.wait_anew(record, seconds, now), now + timedelta(seconds=seconds)

    def _left(self, step: Step, deadline: datetime) -> float:
        left = max((deadline - self.store.now()).total_seconds(), 0)
        return left if step.timeout is None else min(left, step.timeout)


def _info(record: StepRecord, left: float | None, *, refresh: bool) -> AttemptInfo:
    state = record.transition.wait_state
    since = None if state is None else record.transition.waits_since  # also set by a pause between attempts
    return AttemptInfo(record.attempt, record.first_attempt, state, refresh, left, since)


def result_of_failed(record: StepRecord) -> StepResult:
    """Return the failure that a step's record has."""
    result = StepResult.fail(record.error or "no reason given", record.error_category or "UNKNOWN")
    result.retry = record.transition.retryable
    result.failure = Failure.from_dict(record.failure) if record.failure else None
    return result


def workflow_timeout(workflow: Workflow) -> TimeoutError:
    """Return the error of a run that took longer than its workflow's timeout."""
    return TimeoutError(f"workflow {workflow.name!r} took longer than its timeout of {workflow.timeout:g} s")


@define
class _Items:
    """Items of one visit to a map step, in the run store."""

    _execution: RunExecution
    _record: StepRecord

    def finished(self) -> Iterator[ItemRecord]:
        execution = self._execution
        return execution.store.list_items(
            execution.journal.run.run_id, self._record.step_name, self._record.first_attempt
        )

    def results(self) -> Iterator[ItemResult]:
        execution, record = self._execution, self._record
        return execution.store.list_results(execution.journal.run.run_id, record.step_name, record.first_attempt)

    def commit(self, items: Sequence[ItemRecord], staged: Sequence[Any], progress: ItemProgress | None = None) -> None:
        record = self._record
        batch = ItemBatch(record.step_name, record.first_attempt, items, step_id=record.step_id, progress=progress)
        self._execution.journal.finish_items(batch, staged)
        failed = sum(item.status is StepStatus.FAILED for item in items)
        note_items(self._execution.journal.run.run_id, record.step_name, len(items), failed)

    def replace(self, first: int, items: Sequence[ItemRecord]) -> None:
        batch = ItemBatch(self._record.step_name, self._record.first_attempt, items, first)
        self._execution.journal.finish_items(batch, ())


def _adds(work: Work) -> bool:
    """Return True if the work has captured rows of a revision that another process may replace before the commit."""
    return any(isinstance(record, Capture) and record.follows is not None for record in work.staged)


def _deadline(step: Step, record: StepRecord) -> datetime | None:
    """Return the deadline of the step, waits included; None without a timeout or for a type that enforces its own."""
    if step.timeout is None or step.spec.timeout_by is TimeoutBy.ITSELF or record.started_at is None:
        return None
    return record.started_at + timedelta(seconds=step.timeout)


def isolated(
    step: Step, context: WorkflowContext, services: StepServices, workflow: Workflow
) -> tuple[StepResult, Sequence[Any], Sequence[str]]:
    """Run an attempt in its own process; see `Isolate`."""
    from spine.orchestration.isolation.child_process import run_elsewhere  # multiprocessing, for a step with a timeout

    return run_elsewhere(step, context, services, workflow)


def _led_on(flow: Flow | None, step: Step, result: StepResult) -> StepResult:
    """Return `result`, or a failure if it names a step that the flow cannot go to."""
    if flow is not None and result.success:
        try:
            flow.check(step, result.next_step)
        except WorkflowError as error:
            return StepResult.fail(error)
    return result
