"""Map steps: a workflow, a pipeline or a function, run for each item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from datetime import datetime
from itertools import count
from queue import Empty, SimpleQueue
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import define, field, frozen
from attrs.validators import ge, gt, optional

from spine.core.errors import ValidationError, WorkflowError
from spine.orchestration.definition.references import reference_to, resolve_reference
from spine.orchestration.definition.spec import Nested, StepSpec, TimeoutBy
from spine.orchestration.executors.base import DEFAULT_EXECUTOR, Executor, is_in_process, make_executor
from spine.orchestration.outputs import NotComputedError
from spine.orchestration.records import ItemRecord
from spine.orchestration.status import StepStatus
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import PlannedStep, Preview, planned_inside
from spine.orchestration.steptypes.map_items import CaptureItems, MapItems
from spine.orchestration.steptypes.map_progress import item_key, open_items
from spine.orchestration.steptypes.tolerance import check_tolerance, may_tolerate, tolerates
from spine.orchestration.steptypes.workflow import called, children_of, names_of, steps_of
from spine.orchestration.stop import RunStopped, StopReason

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step
    from spine.orchestration.definition.workflow import Workflow
    from spine.orchestration.engine.item_run import FinishedItem, ItemRunner
    from spine.orchestration.steptypes.base import ItemLog, StepServices


@frozen
class MapStepSpec(StepSpec):
    """Items, body and executor of a map step; the body is one of workflow, pipeline and function."""

    timeout_by: ClassVar[TimeoutBy] = TimeoutBy.STOP
    functions_of: ClassVar[tuple[str, ...]] = ("items_path", "item_function")
    silent: ClassVar[frozenset[str]] = frozenset(("tolerated_failures", "collect", "item_key", "item_timeout"))

    items_path: str | Callable[[WorkflowContext], Any] | CaptureItems
    pipeline_name: str | None = None
    iterator_workflow: str | Workflow | None = None
    item_function: Callable[[WorkflowContext, Any], Any] | None = None
    max_concurrency: int = field(default=4, validator=ge(1))
    item_param: str = "item"
    executor: str = DEFAULT_EXECUTOR
    tolerated_failures: int | str = field(default=0, validator=check_tolerance)
    collect: bool = True
    item_key: str | None = None
    item_timeout: float | None = field(default=None, validator=optional(gt(0)))

    def pipelines(self) -> Sequence[str]:
        return () if self.pipeline_name is None else (self.pipeline_name,)

    def workflows(self) -> Sequence[str]:
        return names_of(self.iterator_workflow)

    def inner_steps(self) -> Sequence[Step]:
        return steps_of(self.iterator_workflow)

    def does(self) -> str:
        if self.iterator_workflow is not None:
            return called(self.iterator_workflow)
        return self.pipeline_name or str(reference_to(self.item_function))

    def inside(self) -> Sequence[str]:
        return () if self.iterator_workflow is None else (f"runs {called(self.iterator_workflow)}",)

    def elsewhere(self, timeout: float | None) -> str | None:
        return None if is_in_process(self.executor) else "its executor is another process"

    def check_limits(self, step: Step) -> None:
        limits = {"item_timeout": self.item_timeout, "max_memory": step.max_memory}
        given = next((name for name, value in limits.items() if value is not None), None)
        if given is not None and is_in_process(self.executor):
            raise ValidationError(
                f"step {step.name!r} cannot have {given}: its items run in this process, by executor "
                f"{self.executor!r}; name one of other processes, such as executor='processes'",
                field=given,
            )

    def json_of(self, name: str, value: Any) -> Any:
        is_function = name == "items_path" and callable(value)
        return {"function": reference_to(value)} if is_function else super().json_of(name, value)

    @classmethod
    def value_of(cls, name: str, value: Any, nested: Nested | None) -> Any:
        if name == "items_path" and isinstance(value, Mapping):
            return CaptureItems(**value["capture"]) if "capture" in value else resolve_reference(value["function"])
        if name == "iterator_workflow" and nested is not None and isinstance(value, Mapping):
            return nested.workflow(value)
        return value if name == "items_path" else super().value_of(name, value, nested)


_AHEAD = 16  # items submitted per worker, so that short ones are committed in batches
_LOOK_SECONDS = 0.2


class MapStep:
    """Handler that runs the body for each item on an executor, and commits finished items continuously.

    The output has `count`, `succeeded`, `failed`, and `results` in the order of the items, None for a tolerated
    failure. A retry and a resumed run execute only missing and failed items.
    """

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        spec = step.spec_of(MapStepSpec)
        if services.items is None:
            raise WorkflowError("a map step needs a WorkflowRunner")
        with closing(make_executor(spec.executor, spec.max_concurrency)) as executor:
            work = _Map(step, spec, context, services, services.items, executor)
            work.run()
        return work.result()

    def preview(self, step: Step, context: WorkflowContext, services: StepServices) -> Preview:
        """Return the body and its items, if they are in a parameter or an output that is known.

        The steps of a workflow are those of its first item; all items are gone through if one of them is called.
        """
        spec = step.spec_of(MapStepSpec)
        if not isinstance(spec.items_path, str):
            place = _named(spec.items_path)
            return Preview(f"{spec.does()} for each item of {place}", inside=_for_each(spec, services))
        try:
            items = list(MapItems.of(step, context))
        except NotComputedError:
            does = f"{spec.does()} for each item of {spec.items_path!r}, which is not known"
            return Preview(does, inside=_for_each(spec, services))
        inside = _for_items(step.name, spec, context, services, items)
        return Preview(f"{spec.does()} for {len(items)} item{'' if len(items) == 1 else 's'}", inside=inside)


def _for_each(spec: MapStepSpec, services: StepServices) -> Sequence[PlannedStep]:
    if spec.iterator_workflow is None:
        return ()
    return planned_inside(children_of(services).find(spec.iterator_workflow).steps, "for each item")


def _for_items(
    name: str, spec: MapStepSpec, context: WorkflowContext, services: StepServices, items: Sequence[Any]
) -> Sequence[PlannedStep]:
    if spec.iterator_workflow is None or not items:
        return ()
    children = children_of(services)
    workflow = children.find(spec.iterator_workflow)
    plans = []
    for item in items if any(step.dry_run == "call" for step in workflow.steps) else items[:1]:
        given = {**workflow.accepted(context.params), spec.item_param: item}
        plans.append(children.run(workflow, given, name, {}).plan)
    return plans[0]


def _named(items: Callable[[WorkflowContext], Any] | CaptureItems) -> str:
    return f"capture {items.name!r}" if isinstance(items, CaptureItems) else str(reference_to(items))


@define
class _Map:
    step: Step
    spec: MapStepSpec
    context: WorkflowContext
    services: StepServices
    log: ItemLog
    executor: Executor
    count: int = 0
    failed: int = 0
    wake_at: datetime | None = None
    first_failure: ItemRecord | None = None
    _total: int | None = None
    _over: Event = field(factory=Event)
    _failures_seen: Iterator[int] = field(factory=lambda: count(1))
    _equal: Counter[str] = field(factory=Counter)
    _running: dict[Future[Any], int] = field(factory=dict)
    _ended: SimpleQueue[Future[Any]] = field(factory=SimpleQueue)
    _cut: set[Future[Any]] = field(factory=set)

    def run(self) -> None:
        """Run every unfinished item, a bounded number ahead; start no more if too many fail or the run is to stop.

        Items that run at that moment end, and are recorded.
        """
        from spine.orchestration.engine.item_run import ItemRunner  # the engine imports the step types

        body = ItemRunner(self.step, self.spec, self.context, self.services, self.executor)
        try:
            self._hand_out(body)
            while self._running:
                self._collect(body)
            self.services.stop.check()
        except RunStopped as stopped:
            self._withdraw()
            if stopped.reason is StopReason.TIMEOUT:
                self._end_running()
            while self._running and stopped.reason is not StopReason.LOST:
                self._keep(self._taken(body, timeout=None))
            raise

    def _hand_out(self, body: ItemRunner) -> None:
        ahead = self.executor.max_workers * (1 if body.is_workflow else _AHEAD)
        items = MapItems.of(self.step, self.context)
        self._total = items.count
        for found in open_items(self._counted(items), self.log, self._key_of):
            self.services.stop.check()
            if self._over.is_set():
                return
            future = body.submit(found)
            self._running[future] = found.index
            future.add_done_callback(lambda ended: self._on_end(body, ended))
            if self._over.is_set():
                future.cancel()
            while len(self._running) >= ahead:
                self._collect(body)
        self._total = self.count

    def _on_end(self, body: ItemRunner, future: Future[Any]) -> None:
        """Notice a failure or a stop in the thread that ended the item, before its executor starts another one."""
        self._ended.put(future)
        if future.cancelled():
            return
        if self.services.stop.reason is not None or (body.has_failed(future) and self._is_one_too_many()):
            self._withdraw()

    def _is_one_too_many(self) -> bool:
        return not may_tolerate(self.spec.tolerated_failures, next(self._failures_seen), self._total)

    def _withdraw(self) -> None:
        self._over.set()
        for future in list(self._running):
            future.cancel()

    def _end_running(self) -> None:
        """End the processes of the items that run, since their time is over; a thread cannot be ended."""
        abandon = getattr(self.executor, "abandon", None)
        if abandon is None or is_in_process(self.executor):
            return
        for future in list(self._running):
            self._cut.add(future)
            abandon(future)

    def result(self) -> StepResult:
        """Return the step's result; failures that are not tolerated fail it with the first item's error."""
        if self.wake_at is not None and not self._over.is_set():
            return StepResult.wait(self.wake_at, {})
        output: dict[str, Any] = {"count": self.count, "succeeded": self.count - self.failed, "failed": self.failed}
        if self.first_failure is not None and not tolerates(self.spec.tolerated_failures, self.failed, self.count):
            return self._failure(output, self.first_failure)
        if self.spec.collect:
            output["results"] = [item.output for item in self.log.finished()]
        return StepResult.ok(output)

    def _counted(self, items: MapItems) -> Iterator[Any]:
        for number, item in enumerate(items, start=1):
            self.count = number
            yield item

    def _key_of(self, item: Any) -> str:
        key = item_key(item, self.spec.item_key, self.step.name)
        if self.spec.iterator_workflow is None:
            return key
        self._equal[key] += 1  # each of several equal items has a child run of its own
        return key if self._equal[key] == 1 else item_key([key, self._equal[key]], None, self.step.name)

    def _collect(self, body: ItemRunner) -> None:
        self._keep(self._taken(body, timeout=_LOOK_SECONDS))
        self.services.stop.check()

    def _taken(self, body: ItemRunner, timeout: float | None) -> list[FinishedItem]:
        """Wait up to `timeout` seconds for an item to end, and return all that have ended."""
        ended: list[Future[Any]] = []
        try:
            ended.append(self._ended.get(timeout=timeout))
            while True:
                ended.append(self._ended.get_nowait())
        except Empty:
            pass
        started = [(future, self._running.pop(future)) for future in ended]
        return [body.finished(future, index) for future, index in started if not self._is_stopped(future)]

    def _is_stopped(self, future: Future[Any]) -> bool:
        if future.cancelled() or isinstance(future.exception(), RunStopped):
            return True
        return future in self._cut and future.exception() is not None

    def _keep(self, found: list[FinishedItem]) -> None:
        for item in found:
            if item.wake_at is not None:
                self.wake_at = min(self.wake_at or item.wake_at, item.wake_at)
        records = [item.record for item in found if item.record is not None]
        if records:
            self.log.commit(records, [staged for item in found for staged in item.staged])
        for record in records:
            if record.status is StepStatus.FAILED:
                self.failed += 1
                self.first_failure = self.first_failure or record

    def _failure(self, output: dict[str, Any], first: ItemRecord) -> StepResult:
        more = f" (and {self.failed - 1} more)" if self.failed > 1 else ""
        result = StepResult.fail(
            f"item {first.item_index} failed: {first.error}{more}", first.error_category, output=output
        )
        result.retry = first.error_retryable
        if first.failure is not None:
            from spine.core.failure import Failure  # most maps succeed

            result.failure = Failure.from_dict(first.failure)
        return result
