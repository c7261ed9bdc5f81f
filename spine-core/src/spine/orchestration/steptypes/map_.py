"""Map steps: a workflow, a pipeline or a function for each of many items."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing
from datetime import datetime
from typing import Any

from attrs import define, field

from spine.core.errors import WorkflowError
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.tolerance import parse_tolerance, tolerates
from spine.orchestration.engine.item_run import FinishedItem, ItemRunner
from spine.orchestration.executors.base import DEFAULT_EXECUTOR, Executor, make_executor
from spine.orchestration.records import ItemRecord
from spine.orchestration.status import StepStatus
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import ItemLog, StepServices
from spine.orchestration.steptypes.map_items import items_of

_AHEAD = 16  # items submitted for each worker: enough that trivial ones are committed many at a time
_LOOK_SECONDS = 0.2


class MapStep:
    """Runs the body for each item on an executor, and commits what ended as it goes.

    The output has `count`, `succeeded`, `failed`, and `results`, in the order of the items, None for one that failed
    within what is tolerated. An attempt after the first, and a resumed run, execute only what is missing or failed.
    """

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        if step.items_path is None:
            raise WorkflowError(f"step {step.name!r} has no items: build it with Step.map(name, items_path, ...)")
        if services.items is None:
            raise WorkflowError("a map step needs a WorkflowRunner")
        if context.is_dry_run:
            return StepResult.ok({"dry_run": True, "count": sum(1 for _ in items_of(step, context))})
        workers = step.max_concurrency or 1
        with closing(make_executor(step.executor or DEFAULT_EXECUTOR, workers)) as executor:
            work = _Map(step, context, services, services.items, executor)
            work.run()
        return work.result()


@define
class _Map:
    step: Step
    context: WorkflowContext
    services: StepServices
    log: ItemLog
    executor: Executor
    count: int = 0
    failed: int = 0
    wake_at: datetime | None = None
    first_failure: ItemRecord | None = None
    _running: dict[Future[Any], int] = field(factory=dict)

    def run(self) -> None:
        """Run every item that is not done yet, some of them ahead of the others; stop early if too many fail."""
        body = ItemRunner(self.step, self.context, self.services, self.executor)
        ahead = self.executor.max_workers * (1 if body.is_workflow else _AHEAD)
        for index, item, attempt in self._open_items():
            self.services.stop.check()
            if self._hopeless():
                break
            self._running[body.submit(index, item, attempt)] = index
            while len(self._running) >= ahead:
                self._collect(body)
        while self._running:
            self._collect(body)

    def result(self) -> StepResult:
        """Return the step's result; items that failed, and are not tolerated, fail it with the first one's error."""
        if self.wake_at is not None and not self._hopeless():
            return StepResult.wait(self.wake_at, {})
        output: dict[str, Any] = {"count": self.count, "succeeded": self.count - self.failed, "failed": self.failed}
        if self.first_failure is not None and not tolerates(self.step.tolerated_failures, self.failed, self.count):
            return self._failure(output, self.first_failure)
        if self.step.collect:
            output["results"] = [item.output for item in self.log.finished()]
        return StepResult.ok(output)

    def _open_items(self) -> Iterator[tuple[int, Any, int]]:
        """Yield index, item and attempt of each item that did not succeed before."""
        finished = self.log.finished()
        done = next(finished, None)
        for index, item in enumerate(items_of(self.step, self.context)):
            self.count = index + 1
            attempt = 1
            if done is not None and done.item_index == index:
                before, done = done, next(finished, None)
                if before.status is StepStatus.COMPLETED:
                    continue
                attempt = before.attempt + 1
            yield index, item, attempt

    def _collect(self, body: ItemRunner) -> None:
        ended = [future for future in self._running if future.done()]
        if not ended:
            done, _ = wait(self._running, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            self.services.stop.check()
            ended = list(done)
        found = [body.finished(future, self._running.pop(future)) for future in ended]
        self._keep(found)

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

    def _hopeless(self) -> bool:
        """Whether more items have failed than any number of further ones could make up for."""
        number, is_share = parse_tolerance(self.step.tolerated_failures)
        return not is_share and self.failed > number

    def _failure(self, output: dict[str, Any], first: ItemRecord) -> StepResult:
        more = f" (and {self.failed - 1} more)" if self.failed > 1 else ""
        result = StepResult.fail(
            f"item {first.item_index} failed: {first.error}{more}", first.error_category, output=output
        )
        result.retry = first.error_retryable
        return result
