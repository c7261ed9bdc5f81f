"""Dry run of a workflow: every way that its run may take, with the steps that say `dry_run="call"` executed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from spine.core.clock import utc_now
from spine.core.errors import WorkflowError
from spine.core.interrupts import INTERRUPTS
from spine.framework.dispatcher import Dispatcher, ScopedStagedStore, TriggerSource
from spine.framework.dry_run_scope import dry_run_scope
from spine.framework.work import use_work
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.options import ErrorPolicy
from spine.orchestration.definition.plan import planned, reached
from spine.orchestration.definition.references import answer_of
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.engine.attempt import Attempt, work_of
from spine.orchestration.engine.children import WorkflowFinder, one_level_below
from spine.orchestration.engine.execution import isolated
from spine.orchestration.engine.flow import Flow
from spine.orchestration.memory_run_store import MemoryItems
from spine.orchestration.outputs import NotComputedError, Outputs
from spine.orchestration.records import ItemProgress, ItemRecord
from spine.orchestration.result import StepExecution, WorkflowResult
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import AttemptInfo, PlannedStep, Preview, StepServices
from spine.orchestration.stop import RunStopped, Stop
from spine.plugins.catalog import load_class

Ways = Sequence[str | None]  # the targets that a step may lead to; None: its `next_step`, or on in order


@frozen
class DryRuns(WorkflowFinder):
    """Dry runs of a workflow and of those inside of it. With `calls` off, no step is called."""

    dispatcher: Dispatcher
    triggered_by: TriggerSource
    stop: Stop
    calls: bool = True
    execution: Mapping[str, Any] = field(factory=lambda: {"dry_run": True})
    partition: Mapping[str, Any] = field(factory=dict)
    domain: str = ""
    version: int = 1

    def belongs_to(self) -> tuple[str, int]:
        return self.domain, self.version

    def start(self, workflow: Workflow, context: WorkflowContext, start_from: str | None = None) -> WorkflowResult:
        """Return the result of a dry run, which leaves no history."""
        with dry_run_scope():
            return _DryRun(workflow, context, self).run(start_from)

    def run(
        self,
        workflow: Workflow,
        params: Mapping[str, Any],
        key: str,
        outputs: Mapping[str, Mapping[str, Any]],
        *,
        earlier_key: str | None = None,
    ) -> WorkflowResult:
        """Return the result of the dry run of a child; its keys are not needed."""
        given = workflow.params_of(params)
        partition = workflow.partition_of(given) or self.partition
        context = WorkflowContext.create(workflow.name, given, partition)
        execution = one_level_below(self.execution, workflow.name)
        return self.start(workflow, evolve(context, outputs=outputs, execution=execution))


@define
class _DryRun:
    """Dry run of one workflow; `outputs` of the context are those that were computed."""

    workflow: Workflow
    context: WorkflowContext
    runs: DryRuns
    _plan: dict[str, list[PlannedStep]] = field(factory=dict)
    _called: dict[str, StepExecution] = field(factory=dict)
    _conditions: dict[str, str] = field(factory=dict)
    _failure: tuple[str, StepResult] | None = None
    _has_end: bool = False
    _is_stopped: bool = False

    def run(self, start_from: str | None) -> WorkflowResult:
        self._conditions = reached(self.workflow)
        position = self.workflow.step_index(start_from) if start_from is not None else 0
        try:
            self._walk(Flow.starting_at(self.workflow, position, self.context.outputs))
        except RunStopped:
            self._is_stopped = True
        for step in self.workflow.steps[position:]:
            if step.name not in self._plan:
                self._leave_out(step)
        self._hooks()
        return self._result()

    def _walk(self, first: Flow) -> None:
        """Visit the steps on every way, the earliest first: where all ways have met, a step is certain to run."""
        open_ways, seen = {first.state: first}, set()
        while open_ways:
            key = min(open_ways)
            flow = open_ways.pop(key)
            step = flow.current
            if step is None:
                self._has_end = True
                continue
            seen.add(key)
            self.runs.stop.check()
            ways = self._visit(step, is_certain=not (self._has_end or open_ways))
            if self._failure is not None:
                return
            for way in self._followed(flow, step, ways):
                if way.state not in seen:
                    open_ways[way.state] = way

    def _followed(self, flow: Flow, step: Step, ways: Ways) -> Iterable[Flow]:
        if any(self._leads_back(flow, way) for way in ways):
            ways = [*ways, *_all_ways(step)]  # a dry run goes around once, and then on
        for chosen in dict.fromkeys(ways):
            way = flow.fork()
            try:
                way.advance(step, chosen)
            except WorkflowError as error:
                self._has_end = True
                self._refuse(step, error, is_certain=len(ways) == 1)
                continue
            yield way

    def _leads_back(self, flow: Flow, target: str | None) -> bool:
        return target is not None and 0 <= self.workflow.step_index(target) <= flow.position

    def _refuse(self, step: Step, error: WorkflowError, *, is_certain: bool) -> None:
        shown = self._plan[step.name]
        if is_certain and shown[0].action != "may run":
            self._plan[step.name] = [evolve(shown[0], action="fails", reason=str(error)), *shown[1:]]

    def _visit(self, step: Step, *, is_certain: bool) -> Ways:
        """Plan a step, call it if it says so and is certain to run, and return the ways that it may lead to."""
        if step.name in self._plan:
            return _all_ways(step)
        reason = "" if is_certain else self._conditions.get(step.name) or "unless a step before it leads elsewhere"
        found = planned(self.workflow, step, reason)
        wanted = self._is_wanted(step)
        if isinstance(wanted, StepResult):
            if is_certain:
                return self._fail(step, found, wanted)
            wanted = None  # it may be reached with other outputs
        if wanted is False:
            self._keep(step, [evolve(found, action="skipped", reason="its `when` is false")])
            return (None,)
        if wanted is None:
            found = planned(self.workflow, step, "; ".join(filter(None, (reason, "if its `when` is true"))))
        is_certain = is_certain and wanted is True and found.action != "fails"
        if is_certain and self.runs.calls and step.dry_run == "call" and not _runs_steps(step):
            return self._call(step, found)
        ways = self._preview(step, found, is_certain=is_certain)
        return [*ways, None] if wanted is None else ways

    def _is_wanted(self, step: Step) -> bool | StepResult | None:
        """Return what `when` says, None if it needs an output that is not known, or its failure."""
        if step.when is None:
            return True
        try:
            with use_work(work_of(step, self.context, self.workflow, AttemptInfo())):
                return bool(answer_of(step.when, self.context, f"the when of step {step.name!r}"))
        except NotComputedError:
            return None
        except INTERRUPTS:
            raise
        except BaseException as error:  # noqa: BLE001 - of the step, as in a run
            return StepResult.raised(error)

    def _call(self, step: Step, found: PlannedStep) -> Ways:
        services = self._services(calls=True)
        attempt = Attempt(step, self.context, services, self.workflow, isolated)
        started_at = utc_now()
        result = attempt.run()
        if _needs_more(result):
            self._keep(step, [evolve(found, reason=f"{found.reason}; {result.error}")])
            return _all_ways(step)
        if not result.success:
            return self._fail(step, found, result)
        ScopedStagedStore().commit(attempt.work.staged)
        self.context = self.context.with_output(step.name, result.output)
        if result.context_updates:
            self.context = self.context.with_params(result.context_updates)
        self._called[step.name] = StepExecution(
            step.name, step.kind, StepStatus.COMPLETED, 1, started_at, utc_now(), dict(result.output)
        )
        self._keep(step, [evolve(found, action="called", output=result.output)])
        return (result.next_step,)

    def _preview(self, step: Step, found: PlannedStep, *, is_certain: bool) -> Ways:
        services = self._services(calls=self.runs.calls and is_certain)
        try:
            with use_work(work_of(step, self.context, self.workflow, AttemptInfo())):
                preview = _preview_of(step, self.context, services)
        except NotComputedError:
            preview = Preview(step.spec.does())
        except INTERRUPTS:
            raise
        except BaseException as error:  # noqa: BLE001 - a run would fail in the same way
            if is_certain:
                return self._fail(step, found, StepResult.raised(error))
            preview = Preview(step.spec.does())
        result = preview.result
        if result is not None and not result.success and is_certain:
            return self._fail(step, found, result, preview.inside)
        is_known = result is not None and result.success and is_certain
        found = evolve(found, does=preview.does, output=result.output if result is not None and is_known else None)
        inside = [evolve(inner, step=f"{step.name}/{inner.step}") for inner in preview.inside]
        self._keep(step, [found, *inside])
        if result is None or not is_known:
            return _all_ways(step)
        self.context = self.context.with_output(step.name, result.output)
        return (result.next_step,)

    def _fail(self, step: Step, found: PlannedStep, result: StepResult, inside: Iterable[PlannedStep] = ()) -> Ways:
        shown = [evolve(inner, step=f"{step.name}/{inner.step}") for inner in inside]
        self._keep(step, [evolve(found, action="fails", reason=result.error or ""), *shown])
        now = utc_now()
        self._called[step.name] = StepExecution(
            step.name,
            step.kind,
            StepStatus.FAILED,
            1,
            now,
            now,
            error=result.error,
            error_category=result.error_category,
            failure=result.failure.to_dict() if result.failure else None,
        )
        if step.on_error is not ErrorPolicy.CONTINUE:
            self._failure = step.name, result
        return (None,)

    def _leave_out(self, step: Step) -> None:
        found = planned(self.workflow, step, "")
        if self._failure is None:
            self._keep(step, [evolve(found, action="skipped", reason="not on the path taken")])
        elif step.always_run:
            self._keep(step, [evolve(found, reason="also after a failure")])
        else:
            self._keep(step, [evolve(found, action="skipped", reason=f"step {self._failure[0]!r} fails")])

    def _hooks(self) -> None:
        fails = self._failure is not None
        hooks = [(step, "if the run fails", fails) for step in self.workflow.on_failure]
        hooks += [(step, "if the run completes", not fails) for step in self.workflow.on_success]
        for step, reason, is_wanted in hooks:
            action = "may run" if is_wanted or not fails else "skipped"
            self._plan[step.name] = [evolve(planned(self.workflow, step, reason), action=action)]

    def _keep(self, step: Step, shown: list[PlannedStep]) -> None:
        self._plan[step.name] = shown
        if shown[0].action in ("runs", "may run") and shown[0].output is None:
            self.context = self.context.without_output(step.name)

    def _services(self, *, calls: bool) -> StepServices:
        runs, context = self.runs, self.context
        children = evolve(
            runs,
            calls=calls,
            execution=context.execution,
            partition=context.partition,
            domain=self.workflow.domain,
            version=self.workflow.version,
        )
        return StepServices(runs.dispatcher, runs.triggered_by, stop=runs.stop, children=children, items=_Items())

    def _has_failed(self, name: str) -> bool:
        return name in self._called and self._called[name].status is StepStatus.FAILED

    def _result(self) -> WorkflowResult:
        order = {step.name: position for position, step in enumerate(self.workflow.all_steps)}
        shown = [step for name in sorted(self._plan, key=order.__getitem__) for step in self._plan[name]]
        executions = [self._called.get(name) or _skipped(self._plan[name][0]) for name in order if name in self._plan]
        failing = next((step for step in shown if step.action == "fails"), None)
        known = Outputs(dict(self.context.outputs))
        status, error_step, error = WorkflowStatus.COMPLETED, None, None
        if self._is_stopped:
            status = WorkflowStatus.CANCELLED
        elif self._failure is not None:
            status, error_step, error = WorkflowStatus.FAILED, self._failure[0], self._failure[1].error
        elif failing is not None and not self._has_failed(failing.step):
            status, error_step, error = WorkflowStatus.FAILED, failing.step, failing.reason
        elif failing is not None:
            status = WorkflowStatus.PARTIAL
        return WorkflowResult(
            workflow_name=self.workflow.name,
            run_id=self.context.run_id,
            status=status,
            context=evolve(self.context, outputs=known),
            started_at=self.context.started_at,
            completed_at=utc_now(),
            step_executions=executions,
            error_step=error_step,
            error=error,
            error_category=self._failure[1].error_category if self._failure else None,
            total_steps=len(self.workflow.steps),
            plan=shown,
        )


class _Items(MemoryItems):
    """Items of a map step, in memory, with their staged data in the stores of the dry run."""

    def commit(self, items: Sequence[ItemRecord], staged: Sequence[Any], progress: ItemProgress | None = None) -> None:
        super().commit(items, staged)
        ScopedStagedStore().commit(staged)


def _preview_of(step: Step, context: WorkflowContext, services: StepServices) -> Preview:
    """Return the preview of the step's type; a type without one does nothing."""
    preview = getattr(load_class("step_type", step.kind)(), "preview", None)
    if preview is None:
        return Preview(step.spec.does())
    found = preview(step, context, services)
    if not isinstance(found, Preview):
        raise WorkflowError(
            f"step type {step.kind!r} returned {type(found).__name__} as the preview of step {step.name!r}, "
            "not a Preview"
        )
    return found


def _skipped(planned_step: PlannedStep) -> StepExecution:
    does = planned_step.does or f"the step of type {planned_step.type}"
    reason = planned_step.reason if planned_step.action == "skipped" else f"would run {does}"
    output = {"skipped": True, "skip_reason": reason}
    return StepExecution(planned_step.step, planned_step.type, StepStatus.SKIPPED, 0, output=output)


def _runs_steps(step: Step) -> bool:
    return bool(step.spec.inner_steps() or step.spec.workflows())


def _all_ways(step: Step) -> Ways:
    branches = step.spec.branches()
    return [branch.target for branch in branches] or [None]


def _needs_more(result: StepResult) -> bool:
    """Return True if the step failed because it needs the output of a step that was not run."""
    return result.failure is not None and result.failure.type.rpartition(".")[2] == NotComputedError.__name__
