"""Runs workflows: step after step, each committed to the run store before the next one starts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve

from spine.core.clock import utc_now
from spine.core.errors import WorkflowError
from spine.core.ids import new_id
from spine.core.jsonvalue import to_json_value
from spine.core.suggest import did_you_mean
from spine.framework.dispatcher import Dispatcher, TriggerSource, get_dispatcher
from spine.orchestration.attempt import Attempt
from spine.orchestration.context import WorkflowContext
from spine.orchestration.flow import Flow
from spine.orchestration.journal import Journal
from spine.orchestration.listener import RunListener
from spine.orchestration.result import WorkflowResult
from spine.orchestration.run_store import MemoryRunStore, RunStore, run_store
from spine.orchestration.status import WorkflowStatus
from spine.orchestration.step import ErrorPolicy, Step
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import StepServices
from spine.orchestration.workflow import Workflow


class WorkflowRunner:
    """Executes workflows in the calling thread.

    A dry run calls lambdas and choices with `context.is_dry_run` set, runs no pipeline, and leaves no history. With
    `refresh`, sources count as changed whatever the last run saw. `sleep` takes seconds, between attempts.
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
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._dispatcher = dispatcher
        self._dry_run = dry_run
        self._store = store
        self._listeners = tuple(listeners)
        self._triggered_by = triggered_by
        self._refresh = refresh
        self._sleep = sleep

    def execute(
        self,
        workflow: Workflow,
        params: Mapping[str, Any] | None = None,
        partition: Mapping[str, Any] | None = None,
        context: WorkflowContext | None = None,
        start_from: str | None = None,
    ) -> WorkflowResult:
        """Run `workflow` to its end and return how it went; a failing step is a result, not an exception.

        `start_from` names the step to begin with; steps before it do not run, and what they gave is in `context`, such
        as that of an earlier run, whose id it does not take. Raises WorkflowError for a step that does not exist,
        ValidationError for parameters, a partition or a step's config that JSON cannot hold. An interrupted run ends
        CANCELLED and the interrupt goes on.
        """
        position = self._first_position(workflow, start_from)
        store = self._run_store(dry_run=self._dry_run or (context is not None and context.is_dry_run))
        context = self._context(workflow, params, partition, context, store)
        flow = Flow.starting_at(workflow, position, context.outputs)
        journal = Journal(workflow, context, store, self._listeners, self._triggered_by.value)
        services = StepServices(self._dispatcher or get_dispatcher(), self._triggered_by)
        try:
            context = self._run_steps(flow, context, journal, services)
        except Exception:  # not of a step but of the store: what it has is all that can be known of the run
            raise
        except BaseException:
            journal.cancel()
            raise
        return journal.result(context)

    def _run_steps(
        self, flow: Flow, context: WorkflowContext, journal: Journal, services: StepServices
    ) -> WorkflowContext:
        while (step := flow.current) is not None:
            result = self._run_step(step, context, journal, services, flow)
            if result.success:
                context = journal.context
                if result.outcome is not None:
                    journal.finish(_end_status(journal), context, outcome=result.outcome)
                    return context
            elif step.on_error is not ErrorPolicy.CONTINUE:
                journal.finish(WorkflowStatus.FAILED, context, failure=(step.name, result))
                return context
            try:
                flow.advance(step, result.next_step)
            except WorkflowError as error:
                journal.finish(WorkflowStatus.FAILED, context, failure=(step.name, StepResult.fail(error)))
                return context
        journal.finish(_end_status(journal), context)
        return context

    def _run_step(
        self, step: Step, context: WorkflowContext, journal: Journal, services: StepServices, flow: Flow
    ) -> StepResult:
        policy = step.effective_retry
        tries = policy.max_attempts if policy else 1
        for number in range(1, tries + 1):
            record = journal.start_step(step, tries - number + 1)
            attempt = Attempt(step, context, services, record.attempt, journal.workflow, self._refresh)
            result = _led_on(flow, step, attempt.run())
            last = result.success or not result.retryable or number == tries
            delay = policy.delay_seconds(number, result.retry_after) if policy and not last else None
            staged = () if context.is_dry_run else attempt.work.staged
            journal.finish_step(record, result, staged, retry_in=delay)
            if delay is None:
                return result
            self._sleep(delay)
        raise AssertionError("unreachable: the last attempt returns")

    def _context(
        self,
        workflow: Workflow,
        params: Mapping[str, Any] | None,
        partition: Mapping[str, Any] | None,
        context: WorkflowContext | None,
        store: RunStore,
    ) -> WorkflowContext:
        given = {**workflow.defaults, **(context.params if context else {}), **(params or {})}
        if workflow.resolve_params is not None:
            given = dict(workflow.resolve_params(given))
        given = to_json_value(given, "params")
        if partition is None:
            partition = (context.partition if context else None) or workflow.partition_of(given)
        partition = to_json_value(partition, "partition")
        if context is None:
            return WorkflowContext.create(workflow.name, given, partition, dry_run=self._dry_run)
        execution = {**context.execution, "dry_run": self._dry_run or context.is_dry_run}
        outputs = to_json_value(context.outputs, "the context's outputs")
        if store.get_run(context.run_id) is not None:  # the context of an earlier run: this is another one
            context = evolve(context, run_id=new_id(), started_at=utc_now())
        return evolve(
            context,
            workflow_name=workflow.name,
            params=given,
            outputs=outputs,
            partition=partition,
            execution=execution,
        )

    def _run_store(self, *, dry_run: bool) -> RunStore:
        if dry_run:
            return MemoryRunStore()
        return run_store() if self._store is None else self._store

    @staticmethod
    def _first_position(workflow: Workflow, start_from: str | None) -> int:
        if start_from is None:
            return 0
        position = workflow.step_index(start_from)
        if position < 0:
            raise WorkflowError(
                f"workflow {workflow.name!r} has no step {start_from!r}"
                f"{did_you_mean(start_from, workflow.step_names())}"
            )
        return position


def _end_status(journal: Journal) -> WorkflowStatus:
    return WorkflowStatus.PARTIAL if journal.has_failures else WorkflowStatus.COMPLETED


def _led_on(flow: Flow, step: Step, result: StepResult) -> StepResult:
    """Return `result`, or a failure in its place if it names a step that the flow cannot go to."""
    if result.success and result.outcome is None:
        try:
            flow.check(step, result.next_step)
        except WorkflowError as error:
            return StepResult.fail(error)
    return result
