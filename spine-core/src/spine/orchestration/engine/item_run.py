"""Item of a map step: execution of its body, and its result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from spine.core.errors import WorkflowError
from spine.core.interrupts import INTERRUPTS
from spine.framework.staged import Staged
from spine.framework.work import Work, current_work, use_work
from spine.orchestration.context import WorkflowContext
from spine.orchestration.executors.base import Executor, Task, is_in_process
from spine.orchestration.records import ItemRecord
from spine.orchestration.status import StepStatus
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import StepServices
from spine.orchestration.steptypes.item_body import run_item
from spine.orchestration.steptypes.workflow import children_of, step_result_of

if TYPE_CHECKING:
    from spine.orchestration.definition.step import Step
    from spine.orchestration.steptypes.map_ import MapStepSpec
    from spine.orchestration.steptypes.map_progress import OpenItem


@frozen
class FinishedItem:
    """Item that ended, or whose child run waits until `wake_at`."""

    record: ItemRecord | None
    staged: Sequence[Staged] = ()
    wake_at: datetime | None = None


@frozen
class _Ended:
    result: StepResult
    staged: Sequence[Staged]
    started_at: datetime


class ItemRunner:
    """Runner of the items of one map step: submits them to its executor and converts their results."""

    def __init__(
        self, step: Step, spec: MapStepSpec, context: WorkflowContext, services: StepServices, executor: Executor
    ) -> None:
        self._step = step
        self._spec = spec
        self._context = context
        self._services = services
        self._executor = executor
        self._work = current_work() or Work(run_id=context.run_id, step=step.name)
        self._here = is_in_process(executor)
        self._ended: dict[int, _Ended] = {}
        self._open: dict[int, OpenItem] = {}
        self._started: dict[int, datetime] = {}
        self.is_workflow = spec.iterator_workflow is not None
        if self.is_workflow and not self._here:
            raise WorkflowError(
                f"map step {step.name!r} runs workflows, which need an executor of this process: inline or threads"
            )
        named = spec.iterator_workflow
        self._workflow = children_of(services).find(named) if named is not None else None

    def submit(self, found: OpenItem) -> Future[Any]:
        """Start an item, now or when a worker is free."""
        self._open[found.index] = found
        if self._here:
            return self._executor.submit(Task(self._run_here, {"index": found.index, "item": found.item}))
        from spine.orchestration.isolation.item_process import item_task  # for executors of other processes only

        self._started[found.index] = self._services.clock.now()
        work = evolve(self._work, item=found.key)
        return self._executor.submit(item_task(self._step, self._spec, self._context, work, found.item))

    def has_failed(self, future: Future[Any]) -> bool:
        """Return True if an item whose future is done has failed; called in any thread, before `finished`."""
        if future.exception() is not None:
            return True
        return not (future.result() if self._here else future.result()["result"]["success"])

    def finished(self, future: Future[Any], index: int) -> FinishedItem:
        """Return the outcome of an item whose future is done."""
        found = self._open.pop(index)
        if self._here:
            future.result()
            ended = self._ended.pop(index)
        else:
            ended = self._of_another_process(future, index)
        result = ended.result
        if result.wake_at is not None:
            return FinishedItem(None, wake_at=result.wake_at)
        record = ItemRecord(
            index,
            StepStatus.COMPLETED if result.success else StepStatus.FAILED,
            found.attempt,
            ended.started_at,
            self._services.clock.now(),
            result.output.get("value") if result.success else None,
            result.error,
            result.error_category,
            None if result.success else result.retryable,
            result.failure.type if result.failure else None,
            result.failure.to_dict() if result.failure else None,
            found.key,
        )
        return FinishedItem(record, ended.staged if result.success else ())

    def _run_here(self, index: int, item: Any) -> bool:
        started_at = self._services.clock.now()
        work = evolve(self._work, staged=[], edges=set(), item=self._open[index].key, loads=defaultdict(set))
        try:
            with use_work(work):
                result = self._body(index, item)
        except INTERRUPTS:
            raise
        except BaseException as error:  # noqa: BLE001 - a failing item is a result
            result = StepResult.raised(error)
        self._ended[index] = _Ended(result, work.staged, started_at)
        return result.success or result.wake_at is not None

    def _body(self, index: int, item: Any) -> StepResult:
        step, context = self._step, self._context
        if self._workflow is None:
            return run_item(step.name, self._spec, context, self._services, item)
        params = {**self._workflow.accepted(context.params), self._spec.item_param: item}
        visit = f"{step.name}/{self._services.attempt.first}"
        child = children_of(self._services).run(
            self._workflow, params, f"{visit}/{self._open[index].key}", {}, earlier_key=f"{visit}/{index}"
        )
        result = step_result_of(child)
        return evolve(result, output={"value": result.output}) if result.wake_at is None else result

    def _of_another_process(self, future: Future[Any], index: int) -> _Ended:
        from spine.orchestration.isolation.item_process import item_answer

        try:
            answer = future.result()
            result, staged = item_answer(answer)
            self._work.sources_read.extend(answer["sources_read"])
        except Exception as error:  # noqa: BLE001 - of the item, or of the process that died with it
            result, staged = StepResult.raised(error), []
        return _Ended(result, staged, self._started.pop(index))
