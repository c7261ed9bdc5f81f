"""Runner of workflows: each step is committed to the run store before the next one starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from spine.core.clock import current_clock
from spine.core.errors import WorkflowError
from spine.core.ids import new_id
from spine.core.jsonvalue import to_json_value
from spine.core.names import check_text
from spine.core.suggest import did_you_mean
from spine.framework.dispatcher import Dispatcher, TriggerSource, get_dispatcher
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.engine.heartbeat import LONGEST_BEAT, Heartbeat
from spine.orchestration.engine.lifecycle import PARENT_ENDED, Engine
from spine.orchestration.engine.listener import RunListener
from spine.orchestration.lease import LEASE_SECONDS, Lease, LeaseError, process_name
from spine.orchestration.records import RunRecord
from spine.orchestration.registry import ChangedWorkflowError, UnknownWorkflowError, target_workflow
from spine.orchestration.result import WorkflowResult
from spine.orchestration.run_queue import QUEUE_LEASE
from spine.orchestration.run_store import RunStore, run_store
from spine.orchestration.status import WorkflowStatus
from spine.orchestration.stop import Stop

if TYPE_CHECKING:
    from spine.orchestration.tick_time import TickTime

_CANCEL_POLL_SECONDS = 0.1


class WorkflowRunner:
    """Runner of workflows, in the calling thread.

    A dry run executes only steps with `dry_run="call"`, stores and sends nothing, and its result has a `plan`. With
    `refresh`, sources count as changed. With `park_waits`, a run that waits, for a time or for a limit, is parked for
    another process to resume; without, the thread sleeps. After `lease_seconds` without a heartbeat other processes
    may take over its runs. `sleep` takes seconds, between attempts. A step that works `grace_seconds` after its run was
    cancelled or out of time is abandoned: the run ends, and the step commits nothing more.
    """

    def __init__(
        self,
        dispatcher: Dispatcher | None = None,
        dry_run: bool = False,
        *,
        store: RunStore | None = None,
        listeners: Sequence[RunListener] = (),
        triggered_by: TriggerSource = TriggerSource.API,
        refresh: bool = False,
        park_waits: bool = False,
        lease_seconds: float = LEASE_SECONDS,
        sleep: Callable[[float], None] | None = None,
        grace_seconds: float = 10.0,
    ) -> None:
        self._dispatcher = dispatcher
        self._dry_run = dry_run
        self._store = store
        self._listeners = tuple(listeners)
        self._triggered_by = triggered_by
        self._refresh = refresh
        self._park_waits = park_waits
        self.lease = Lease(process_name(), lease_seconds)
        self._sleep = sleep
        self._grace_seconds = grace_seconds
        self._heartbeat: Heartbeat | None = None

    def execute(
        self,
        workflow: Workflow,
        params: Mapping[str, Any] | None = None,
        partition: Mapping[str, Any] | None = None,
        context: WorkflowContext | None = None,
        start_from: str | None = None,
        *,
        idempotency_key: str | None = None,
        schedule_id: str | None = None,
        tick: TickTime | None = None,
        stop: Stop | None = None,
    ) -> WorkflowResult:
        """Run `workflow` to its end and return its result; a failing step is a result, not an exception.

        `start_from` names the first step; earlier steps do not run, and their outputs are in `context`, for example the
        context of an earlier run, whose id is not reused. An existing run with the same `idempotency_key` is returned
        unchanged. With `tick`, the run is about that time. Another thread may end the run through `stop`. Raises
        WorkflowError for a step that does not exist, ValidationError for a key that belongs to another workflow or to
        other parameters, and for parameters, a partition or a step's config that JSON cannot hold. An interrupted run
        ends CANCELLED and the interrupt is raised again.
        """
        _check_step(workflow, start_from)
        if self._dry_run or (context is not None and context.is_dry_run):
            return self._preview(workflow, params, partition, context, start_from, stop or Stop(), tick)
        engine = self._engine()
        context = self._context(workflow, params, partition, context, engine.store, tick)
        return engine.start(
            workflow,
            context,
            stop or Stop(),
            start_from=start_from,
            idempotency_key=idempotency_key,
            schedule_id=schedule_id,
        )

    def prepare(
        self,
        workflow: Workflow,
        params: Mapping[str, Any] | None = None,
        partition: Mapping[str, Any] | None = None,
        *,
        schedule_id: str | None = None,
        tick: TickTime | None = None,
        backfill_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> RunRecord:
        """Return the record of a new PENDING run, to be stored; `execute_prepared` executes it in any process."""
        engine = self._engine()
        context = self._context(workflow, params, partition, None, engine.store, tick)
        run = engine.new_run(workflow, context, schedule_id=schedule_id, idempotency_key=idempotency_key)
        return evolve(run, status=WorkflowStatus.PENDING, backfill_id=backfill_id)

    def execute_prepared(
        self, run_id: str, *, stop: Stop | None = None, handed_by: str | None = None
    ) -> WorkflowResult:
        """Execute a stored run from `prepare`; the process `handed_by` may hold its lease.

        A run whose workflow is missing or has changed ends CRASHED; one that was cancelled or started meanwhile is
        returned unchanged. Raises LeaseError if another process holds it, LimitReachedError with `park_waits`.
        """
        engine = self._handed(handed_by)
        run = engine.look_up_record(run_id)
        if run.status is not WorkflowStatus.PENDING:
            return engine.look_up(run_id)
        return self._or_crashed(
            engine, run, lambda: engine.execute_prepared(run, target_workflow(run.workflow_name), stop or Stop())
        )

    def proceed(
        self,
        run_id: str,
        *,
        on_crash: str = "resume",
        max_crashes: int = 3,
        stop: Stop | None = None,
        handed_by: str | None = None,
        known: RunRecord | None = None,
    ) -> WorkflowResult:
        """Execute the rest of a run that is due, as `recover` does; the process `handed_by` may hold its lease.

        `known` is its record, if the caller has just read it. Raises LeaseError if another process holds the lease.
        """
        engine = self._handed(handed_by)
        return self._recover(engine, known or engine.look_up_record(run_id), on_crash, max_crashes, stop)

    def resume(
        self,
        run_id: str,
        workflow: Workflow | None = None,
        *,
        from_step: str | None = None,
        force: bool = False,
        end_wait: bool = False,
        stop: Stop | None = None,
    ) -> WorkflowResult:
        """Execute the rest of a run: finished steps do not run again, and their outputs are available.

        The workflow is the registered one of that name unless it is given. With `from_step`, that step and those after
        it run again; with `end_wait`, a waiting step continues before its time. Raises UnknownRunError; WorkflowError
        for a run that has nothing left to do; ChangedWorkflowError if the workflow has changed since the run started,
        unless `force`, which also takes it from a queue; LeaseError while another process runs it.
        """
        engine = self._handed(QUEUE_LEASE.owner) if force else self._engine()
        run = engine.look_up_record(run_id)
        workflow = workflow or target_workflow(run.workflow_name)
        _check_step(workflow, from_step)
        _check_left(run, from_step)
        if run.is_prepared and from_step is None:
            return engine.execute_prepared(run, workflow, stop or Stop(), force=force)
        return engine.resume(run, workflow, stop or Stop(), from_step=from_step, force=force, end_wait=end_wait)

    def cancel(self, run_id: str, *, grace_seconds: float = 10.0) -> WorkflowResult:
        """Cancel a run in any process and return it.

        Its process is asked to stop; it has `grace_seconds` for the step, and as long for the `always_run` steps. Then
        the run is taken over, so that the process can commit nothing more. A run that has ended stays unchanged.
        """
        engine = self._handed(QUEUE_LEASE.owner)  # a run in a queue has no process to ask
        if engine.look_up_record(run_id).status.has_ended:
            return engine.look_up(run_id)
        engine.store.request_cancel(run_id)
        clock = current_clock()
        deadline = clock.monotonic() + LONGEST_BEAT + 2 * grace_seconds
        while True:
            try:
                late = clock.monotonic() >= deadline
                engine.end(run_id, WorkflowStatus.CANCELLED, "cancelled", take_over=late)
            except LeaseError:
                clock.wait(_CANCEL_POLL_SECONDS)
                continue
            return engine.look_up(run_id)

    def reopen(self, run_id: str) -> None:
        """Leave a run that failed or was cancelled PENDING: any process may execute the rest of it, as `resume` does.

        Raises LeaseError while another process holds it, PartitionBusyError while another run of its partition is open.
        """
        engine = self._engine()
        run = engine.look_up_record(run_id)
        _check_left(run, None)
        engine.reopen(run)

    def park(self, run_id: str) -> None:
        """Leave a run that this process executes, and whose step does not stop, to any other process.

        The step is CANCELLED and the run PENDING: it is begun again, which does not count as a crash.
        """
        self._engine().park(run_id, "the process was asked to end")

    def recover(
        self, *, on_crash: str = "resume", max_crashes: int = 3, only: str | None = None, stop: Stop | None = None
    ) -> list[WorkflowResult]:
        """Execute the rest of every run whose process died or parked it, and of every waiting run that is due.

        A run that crashed `max_crashes` times, or whose workflow has changed, ends CRASHED, as does every crashed run
        if `on_crash` is "mark". With `only`, other runs are ignored. Returns the runs in their new state.
        """
        engine, found = self._engine(), []
        for run in engine.store.abandoned():
            if only not in (None, run.run_id):
                continue
            try:
                found.append(self._recover(engine, run, on_crash, max_crashes, stop))
            except LeaseError:  # another process has acquired it first
                continue
        return found

    def _recover(
        self, engine: Engine, run: RunRecord, on_crash: str, max_crashes: int, stop: Stop | None
    ) -> WorkflowResult:
        if run.status.has_ended:  # cancelled or finished meanwhile
            return engine.look_up(run.run_id)
        if run.parent_run_id is not None:
            engine.end(run.run_id, WorkflowStatus.CANCELLED, PARENT_ENDED)
            return engine.look_up(run.run_id)
        died = run.status is WorkflowStatus.RUNNING
        if died and (on_crash == "mark" or run.execution.crashes + 1 >= max_crashes):
            engine.end(run.run_id, WorkflowStatus.CRASHED, "the process that ran it died")
            return engine.look_up(run.run_id)

        def proceed() -> WorkflowResult:
            _check_left(run, None)
            workflow = target_workflow(run.workflow_name)
            if run.is_prepared:  # its scheduler died before it started
                return engine.execute_prepared(run, workflow, stop or Stop())
            return engine.resume(run, workflow, stop or Stop())

        return self._or_crashed(engine, run, proceed)

    def _or_crashed(self, engine: Engine, run: RunRecord, proceed: Callable[[], WorkflowResult]) -> WorkflowResult:
        """Return the result of `proceed`; a run whose workflow is missing or has changed ends CRASHED instead."""
        try:
            return proceed()
        except (UnknownWorkflowError, ChangedWorkflowError) as error:
            engine.end(run.run_id, WorkflowStatus.CRASHED, f"it cannot be resumed: {error}")
            return engine.look_up(run.run_id)

    def _handed(self, handed_by: str | None) -> Engine:
        return evolve(self._engine(), lease=evolve(self.lease, handed_by=handed_by))

    def _preview(
        self,
        workflow: Workflow,
        params: Mapping[str, Any] | None,
        partition: Mapping[str, Any] | None,
        context: WorkflowContext | None,
        start_from: str | None,
        stop: Stop,
        tick: TickTime | None,
    ) -> WorkflowResult:
        from spine.framework.dry_run_scope import dry_run_scope  # only a dry run needs these
        from spine.orchestration.engine.dry_run import DryRuns
        from spine.orchestration.memory_run_store import MemoryRunStore

        with dry_run_scope():  # `resolve_params` is the project's code too
            context = self._context(workflow, params, partition, context, MemoryRunStore(), tick)
            context = evolve(context, execution={**context.execution, "dry_run": True})
            runs = DryRuns(self._dispatcher or get_dispatcher(), self._triggered_by, stop)
            return runs.start(workflow, context, start_from)

    def _engine(self) -> Engine:
        store = self._store or run_store()
        dispatcher = self._dispatcher or get_dispatcher()
        return Engine(
            store,
            dispatcher,
            self._listeners,
            self._triggered_by,
            self._refresh,
            self._park_waits,
            self.lease,
            self._sleep,
            self._grace_seconds,
            self._heartbeat_of(store),
        )

    def _heartbeat_of(self, store: RunStore) -> Heartbeat:
        """Return the heartbeat of this runner's runs in `store`."""
        found = self._heartbeat
        if found is None or found.store is not store:
            found = self._heartbeat = Heartbeat(store, self.lease, self._grace_seconds)
        return found

    def _context(
        self,
        workflow: Workflow,
        params: Mapping[str, Any] | None,
        partition: Mapping[str, Any] | None,
        context: WorkflowContext | None,
        store: RunStore,
        tick: TickTime | None,
    ) -> WorkflowContext:
        params = {**(context.params if context else {}), **(params or {})}
        if workflow.partitions is not None:  # a partition that is given is one of its parameters
            params, partition = {**params, **(partition or {})}, None
        given = workflow.params_of(params, tick)
        if workflow.partitions is not None:
            partition = workflow.partition_of(given)
        elif partition is None:
            partition = (context.partition if context else None) or workflow.partition_of(given)
        partition = to_json_value(partition, "partition")
        if context is None:
            facts = {} if tick is None else tick.execution()
            return WorkflowContext(
                new_id(),
                workflow.name,
                given,
                partition=partition,
                execution={"dry_run": False, **facts},
                started_at=store.now(),
            )
        outputs = to_json_value(context.outputs, "the context's outputs")
        check_text(context.run_id, "the run id", max_length=64)
        if store.get_run(context.run_id) is not None:  # the context of an earlier run: use a new id
            context = evolve(context, run_id=new_id(), started_at=store.now())
        return evolve(
            context,
            workflow_name=workflow.name,
            params=given,
            outputs=outputs,
            partition=partition,
        )


def _check_left(run: RunRecord, from_step: str | None) -> None:
    if run.parent_run_id is not None:
        raise WorkflowError(f"run {run.run_id} belongs to run {run.parent_run_id}: resume that one")
    if run.status.is_good and from_step is None:
        raise WorkflowError(f"run {run.run_id} is {run.status.name}: name the step to run again from with --from STEP")


def _check_step(workflow: Workflow, name: str | None) -> None:
    if name is not None and workflow.step_index(name) < 0:
        raise WorkflowError(
            f"workflow {workflow.name!r} has no step {name!r}{did_you_mean(name, workflow.step_names())}"
        )
