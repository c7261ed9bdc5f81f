"""Items of a map step: execution of its body in batches, and the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextvars import copy_context
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field, frozen

from spine.core.clock import current_clock
from spine.core.errors import WorkflowError
from spine.core.interrupts import INTERRUPTS
from spine.framework.staged import Staged
from spine.framework.work import Work, current_work, use_work
from spine.orchestration.context import WorkflowContext
from spine.orchestration.engine.attempt import failed_by
from spine.orchestration.executors.base import Executor, Task, is_in_process
from spine.orchestration.records import ItemRecord
from spine.orchestration.status import StepStatus
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import StepServices
from spine.orchestration.steptypes.item_body import run_item
from spine.orchestration.steptypes.map_batches import SLICE_SECONDS, Batch
from spine.orchestration.steptypes.workflow import children_of, step_result_of
from spine.orchestration.stop import RunStopped

if TYPE_CHECKING:
    from spine.orchestration.definition.step import Step
    from spine.orchestration.definition.workflow import Workflow
    from spine.orchestration.steptypes.map_ import MapStepSpec
    from spine.orchestration.steptypes.map_progress import OpenItem


@frozen
class FinishedItem:
    """Item that ended, or whose child run waits until `wake_at`."""

    record: ItemRecord | None
    staged: Sequence[Staged] = ()
    wake_at: datetime | None = None


@frozen
class FinishedBatch:
    """Items of a batch that ended, without those of `ended_so_far`, and those that were not begun.

    `count` items ended in so many `seconds`. `lost` are the items of a batch whose worker has died, or could not run
    it: it is not known which one did that.
    """

    ended: Sequence[FinishedItem]
    count: int = 0
    seconds: float = 0.0
    rest: Sequence[OpenItem] = ()
    lost: Sequence[OpenItem] = ()


@frozen
class _Ended:
    result: StepResult
    staged: Sequence[Staged]
    started_at: datetime
    completed_at: datetime


@define(eq=False)
class _Running:
    """Batch that an executor has, and what ended of it in this process."""

    batch: Batch
    ended: list[_Ended] = field(factory=list)
    seconds: float = 0.0
    taken: int = 0  # of those that ended


@define(eq=False)
class ItemRunner:
    """Runner of the items of one map step: submits them to its executor and converts their results.

    In this process it asks `is_over` before each item, and calls `on_failure` after one that failed.
    """

    step: Step
    spec: MapStepSpec
    context: WorkflowContext
    services: StepServices
    executor: Executor
    is_over: Callable[[], bool]
    on_failure: Callable[[], None]
    _work: Work = field(init=False)
    _here: bool = field(init=False)
    _workflow: Workflow | None = field(init=False)
    _running: dict[int, _Running] = field(factory=dict)
    _numbers: dict[Future[Any], int] = field(factory=dict)
    _next: count[int] = field(factory=count)

    def __attrs_post_init__(self) -> None:
        self._work = current_work() or Work(run_id=self.context.run_id, step=self.step.name)
        self._here = is_in_process(self.executor)
        if self.is_workflow and not self._here:
            raise WorkflowError(
                f"map step {self.step.name!r} runs workflows, which need an executor of this process: inline or threads"
            )
        named = self.spec.iterator_workflow
        self._workflow = children_of(self.services).find(named) if named is not None else None

    @property
    def is_workflow(self) -> bool:
        """True if the body is a workflow, which runs as a child run of its own."""
        return self.spec.iterator_workflow is not None

    @property
    def counts_failures(self) -> bool:
        """True if `on_failure` is called for each item; else a batch ends at its quota of failures."""
        return self._here

    def submit(self, batch: Batch) -> Future[Any]:
        """Start a batch, now or when a worker is free."""
        number = next(self._next)
        self._running[number] = _Running(batch)
        if self._here:
            future = self.executor.submit(Task(self._run_here, {"number": number}))
        else:
            from spine.orchestration.isolation.item_process import batch_task  # for executors of other processes only

            future = self.executor.submit(batch_task(self.step, self.spec, self.context, self._work, batch))
        self._numbers[future] = number
        return future

    def failures(self, future: Future[Any], size: int) -> int:
        """Return the number of failed items of a batch that has ended elsewhere; called in any thread."""
        if future.exception() is not None:
            return 1 if size == 1 else 0
        return sum("failed" in ended for ended in future.result()["ended"])

    def finished(self, future: Future[Any], *, is_cut: bool = False) -> FinishedBatch:
        """Return the outcome of a batch whose future is done; one that was cut off has none."""
        running = self._running.pop(self._numbers.pop(future))
        items = running.batch.items
        lost: Sequence[OpenItem] = ()
        if future.cancelled() or (is_cut and future.exception() is not None):
            return FinishedBatch(())
        if self._here:
            error = future.exception()
            if error is not None and not isinstance(error, RunStopped):
                raise error
        else:
            lost = self._take_answer(future, running)
        rest = () if lost else items[len(running.ended) :]
        return FinishedBatch(self._take_ended(running), len(running.ended), running.seconds, rest, lost)

    def ended_so_far(self) -> list[FinishedItem]:
        """Return the items that have ended in this process since the last call, in batches that still run."""
        return [item for running in list(self._running.values()) for item in self._take_ended(running)]

    def _take_ended(self, running: _Running) -> list[FinishedItem]:
        first, last = running.taken, len(running.ended)
        running.taken = last
        pairs = zip(running.batch.items[first:last], running.ended[first:last], strict=True)
        return [self._finished(found, ended) for found, ended in pairs]

    def _finished(self, found: OpenItem, ended: _Ended) -> FinishedItem:
        result = ended.result
        if result.wake_at is not None:
            return FinishedItem(None, wake_at=result.wake_at)
        if result.success:
            record = ItemRecord(
                found.index,
                StepStatus.COMPLETED,
                found.attempt,
                ended.started_at,
                ended.completed_at,
                result.output.get("value"),
                item_key=found.key,
            )
            return FinishedItem(record, ended.staged)
        from spine.orchestration.steptypes.item_text import item_text  # most items succeed

        record = ItemRecord(
            found.index,
            StepStatus.FAILED,
            found.attempt,
            ended.started_at,
            ended.completed_at,
            None,
            result.error,
            result.error_category,
            result.retryable,
            result.failure.type if result.failure else None,
            result.failure.to_dict() if result.failure else None,
            found.key,
            item_text(found.item, self.spec.item_key),
        )
        return FinishedItem(record)

    def _run_here(self, number: int) -> None:
        """Run a batch in this process until its slice of time is over; what ended is kept beside it."""
        running, clock = self._running[number], current_clock()
        begun = clock.monotonic()
        started_at = self.services.clock.now()
        for found in running.batch.items:
            if self.is_over() or running.seconds >= SLICE_SECONDS:
                return
            ended = copy_context().run(self._ended_here, found, started_at)
            running.ended.append(ended)
            running.seconds = clock.monotonic() - begun
            started_at = ended.completed_at
            if not ended.result.success:
                self.on_failure()

    def _ended_here(self, found: OpenItem, started_at: datetime) -> _Ended:
        work = self._work.of_item(found.key)
        try:
            with use_work(work):
                result = self._body(found)
        except INTERRUPTS:
            raise
        except BaseException as error:  # noqa: BLE001 - a failing item is a result
            result = failed_by(error, self.step.name)
        return _Ended(result, work.staged, started_at, self.services.clock.now())

    def _body(self, found: OpenItem) -> StepResult:
        step, context = self.step, self.context
        if self._workflow is None:
            return run_item(step.name, self.spec, context, self.services, found.value)
        params = {**self._workflow.accepted(context.params), self.spec.item_param: found.item}
        visit = f"{step.name}/{self.services.attempt.first}"
        child = children_of(self.services).run(
            self._workflow, params, f"{visit}/{found.key}", {}, earlier_key=f"{visit}/{found.index}"
        )
        result = step_result_of(child)
        return evolve(result, output={"value": result.output}) if result.wake_at is None else result

    def _take_answer(self, future: Future[Any], running: _Running) -> Sequence[OpenItem]:
        """Take what another process answered; return the items of a batch that it could not run."""
        from spine.orchestration.isolation.item_process import item_result

        now = self.services.clock.now()
        try:
            answer = future.result()
            found = [item_result(ended) for ended in answer["ended"]]
        except Exception as error:  # noqa: BLE001 - of the item, or of the process that died with it
            if len(running.batch.items) > 1:
                return running.batch.items
            running.ended = [_Ended(StepResult.raised(error), (), now, now)]
            return ()
        self._work.sources_read.extend(answer["sources_read"])
        running.seconds = answer["seconds"]
        for (result, staged), ended in zip(found, answer["ended"], strict=True):
            began, end = (now - timedelta(seconds=answer["seconds"] - at) for at in ended["at"])
            running.ended.append(_Ended(result, staged, began, end))
        return ()
