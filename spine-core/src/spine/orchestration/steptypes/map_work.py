"""Work of a map step: its items are handed out in batches, and what they gave is committed in groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from attrs import define, field

from spine.core.plain_text import counted
from spine.orchestration.executors.base import Executor, is_in_process
from spine.orchestration.records import ItemProgress, ItemRecord
from spine.orchestration.status import StepStatus
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.map_batches import Batch, BatchSize, ItemQueue
from spine.orchestration.steptypes.map_groups import ItemGroup
from spine.orchestration.steptypes.map_items import MapItems
from spine.orchestration.steptypes.map_progress import item_key, open_items
from spine.orchestration.steptypes.tolerance import may_tolerate, most_tolerated, tolerates
from spine.orchestration.stop import RunStopped, StopReason

if TYPE_CHECKING:
    from spine.framework.staged import Staged
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step
    from spine.orchestration.engine.item_run import FinishedBatch, FinishedItem, ItemRunner
    from spine.orchestration.steptypes.base import ItemLog, StepServices
    from spine.orchestration.steptypes.map_ import MapStepSpec

_AHEAD = 2  # batches for each worker: one that it runs, and one that waits
_QUOTAS = 4  # parts of the failures that are still tolerated, for each worker
_LOOK_SECONDS = 0.2


@define(eq=False)
class MapWork:
    """Run of the unfinished items of one attempt of a map step."""

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
    _earlier: int = 0  # items that had completed before this attempt
    _done: int = 0
    _failures: int = 0  # also of items that are not committed yet
    _over: Event = field(factory=Event)
    _noting: Lock = field(factory=Lock)
    _equal: Counter[str] = field(factory=Counter)
    _running: dict[Future[Any], Batch] = field(factory=dict)
    _ended: SimpleQueue[Future[Any]] = field(factory=SimpleQueue)
    _cut: set[Future[Any]] = field(factory=set)
    _size: BatchSize = field(factory=BatchSize)
    _group: ItemGroup = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._group = ItemGroup(self._commit)

    def run(self) -> None:
        """Run every unfinished item, a bounded number ahead; start no more if too many fail or the run is to stop.

        Items that run at that moment end, and are recorded.
        """
        from spine.orchestration.engine.item_run import ItemRunner  # the engine imports the step types

        body = ItemRunner(
            self.step, self.spec, self.context, self.services, self.executor, self._is_over, self._note_failure
        )
        if body.is_workflow or self.spec.item_timeout is not None or self.step.max_memory is not None:
            self._size.most = 1  # limits are those of one item
        try:
            self._hand_out(body)
        except RunStopped as stopped:
            self._withdraw()
            if stopped.reason is StopReason.TIMEOUT:
                self._cut_off()
            if stopped.reason is not StopReason.LOST:
                self._end_running(body)
            raise
        except Exception:  # such as one of the input: what runs ends, and is recorded
            self._withdraw()
            self._end_running(body)
            raise
        except BaseException:
            self._group.commit()
            raise

    def _hand_out(self, body: ItemRunner) -> None:
        queue = self._queue()
        while True:
            self.services.stop.check()
            found = self._next_batch(body, queue)
            if found is not None:
                self._start(body, found)
            if not self._running and found is None:
                break
            self._collect(body, queue, wait=found is None)
        self._group.commit()

    def _queue(self) -> ItemQueue:
        items = MapItems.of(self.step, self.context)
        self._total = items.count
        again = items.again if self.spec.iterator_workflow is None else None
        found = open_items(self._counted(items), self.log, self._key_of, self._note_earlier, again)
        return ItemQueue(item.stored() for item in found)

    def _counted(self, items: MapItems) -> Iterator[Any]:
        for number, item in enumerate(items, start=1):
            self.count = number
            yield item
        self._total = self.count

    def _note_earlier(self) -> None:
        self._earlier += 1

    def _next_batch(self, body: ItemRunner, queue: ItemQueue) -> Batch | None:
        workers = self.executor.max_workers
        is_in_order = body.is_workflow or workers == 1  # a batch that waits would overtake what is handed back
        if self._over.is_set():
            return None
        left = None if self._total is None else self._total - self.count + queue.ready
        size = self._size.of(left, workers)
        if len(self._running) >= workers * (1 if is_in_order else _AHEAD):
            if not body.is_workflow:
                queue.prepare(size)
            return None
        found = queue.next_batch(size)
        return Batch(found, None if body.counts_failures else self._quota()) if found else None

    def _quota(self) -> int | None:
        """Return a part of the failures that are still tolerated, of which other batches have theirs."""
        most = most_tolerated(self.spec.tolerated_failures, self._total)
        if most is None:
            return None
        held = sum(batch.quota or 0 for batch in list(self._running.values()))
        return max(most - self._failures - held, 0) // (_QUOTAS * self.executor.max_workers)

    def _start(self, body: ItemRunner, batch: Batch) -> None:
        future = body.submit(batch)
        self._running[future] = batch
        future.add_done_callback(lambda ended: self._on_end(body, batch, ended))
        if self._over.is_set():
            future.cancel()

    def _on_end(self, body: ItemRunner, batch: Batch, future: Future[Any]) -> None:
        """Notice failures and a stop in the thread that ended the batch, before its executor starts another one."""
        self._ended.put(future)
        if future.cancelled():
            return
        if self.services.stop.reason is not None:
            self._withdraw()
        if not body.counts_failures:
            for _ in range(body.failures(future, len(batch.items))):
                self._note_failure()

    def _is_over(self) -> bool:
        return self._over.is_set() or self.services.stop.reason is not None

    def _note_failure(self) -> None:
        with self._noting:
            self._failures += 1
            is_one_too_many = not may_tolerate(self.spec.tolerated_failures, self._failures, self._total)
        if is_one_too_many:
            self._withdraw()

    def _withdraw(self) -> None:
        self._over.set()
        for future in list(self._running):
            future.cancel()

    def _cut_off(self) -> None:
        """End the processes of the items that run, since their time is over; a thread cannot be ended."""
        abandon = getattr(self.executor, "abandon", None)
        if abandon is None or is_in_process(self.executor):
            return
        for future in list(self._running):
            self._cut.add(future)
            abandon(future)

    def _collect(self, body: ItemRunner, queue: ItemQueue, *, wait: bool) -> None:
        """Take the batches that have ended, commit what is due, and take back what they did not begin."""
        seconds = min(_LOOK_SECONDS, self._group.seconds_left) if self._group else _LOOK_SECONDS
        for batch in self._taken(body, seconds if wait else 0):
            self._size.note(batch.count, batch.seconds)
            self._keep(batch.ended)
            queue.hand_back(batch.rest)
            queue.hand_back_alone(batch.lost)
        self._keep(body.ended_so_far())  # one that is slow does not hold up those before it
        self._group.commit_if_due()

    def _end_running(self, body: ItemRunner) -> None:
        while self._running:
            for batch in self._taken(body, None):
                self._keep(batch.ended)
        self._group.commit()

    def _taken(self, body: ItemRunner, timeout: float | None) -> list[FinishedBatch]:
        """Wait up to `timeout` seconds for a batch to end, and return all that have ended."""
        ended: list[Future[Any]] = []
        try:
            ended.append(self._ended.get(timeout=timeout) if timeout != 0 else self._ended.get_nowait())
            while True:
                ended.append(self._ended.get_nowait())
        except Empty:
            pass
        for future in ended:
            del self._running[future]
        return [body.finished(future, is_cut=future in self._cut) for future in ended]

    def _keep(self, ended: Sequence[FinishedItem]) -> None:
        for item in ended:
            if item.wake_at is not None:
                self.wake_at = min(self.wake_at or item.wake_at, item.wake_at)
            if item.record is None:
                continue
            self._group.add(item.record, item.staged)
            self._done += 1
            if item.record.status is StepStatus.FAILED:
                self.failed += 1
                self.first_failure = self.first_failure or item.record

    def _commit(self, records: Sequence[ItemRecord], staged: Sequence[Staged]) -> None:
        progress = ItemProgress(self._earlier + self._done, self.failed, self._total, self._earlier)
        self.log.commit(records, staged, progress)

    def _key_of(self, item: Any) -> str:
        key = item_key(item, self.spec.item_key, self.step.name)
        if self.spec.iterator_workflow is None:
            return key
        self._equal[key] += 1  # each of several equal items has a child run of its own
        return key if self._equal[key] == 1 else item_key([key, self._equal[key]], None, self.step.name)

    def result(self) -> StepResult:
        """Return the step's result, without what it collects; failures that are not tolerated fail it."""
        if self.wake_at is not None and not self._over.is_set():
            return StepResult.wait(self.wake_at, {})
        ended = self._earlier + self._done
        output: dict[str, Any] = {"count": self.count, "succeeded": ended - self.failed, "failed": self.failed}
        if self.first_failure is not None and not tolerates(self.spec.tolerated_failures, self.failed, self.count):
            return self._failure(output, self.first_failure, (self._total or self.count) - ended)
        return StepResult.ok(output)

    def _failure(self, output: dict[str, Any], first: ItemRecord, left: int) -> StepResult:
        more = f" (and {self.failed - 1} more)" if self.failed > 1 else ""
        named = f" ({first.item})" if first.item else ""
        untried = ""
        if self._total is None:
            untried = "; those after it were not tried"
        elif left:
            untried = f"; {counted(left, 'item')} not tried"
        output["not_tried"] = left
        result = StepResult.fail(
            f"item {first.item_index}{named} failed: {first.error}{more}{untried}", first.error_category, output=output
        )
        result.retry = first.error_retryable
        if first.failure is not None:
            from spine.core.failure import Failure  # most maps succeed

            result.failure = Failure.from_dict(first.failure)
        return result
