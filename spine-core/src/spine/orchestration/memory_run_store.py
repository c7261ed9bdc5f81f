"""Run store in memory, used without a project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from attrs import asdict, evolve

from spine.core.clock import utc_now
from spine.core.errors import IntegrityError
from spine.core.suggest import no_such
from spine.framework.dispatcher import ScopedStagedStore
from spine.orchestration.events import RunEvent
from spine.orchestration.lease import Lease, LeaseError, LeaseState, LostLeaseError
from spine.orchestration.records import (
    LEASE_FIELDS,
    Batch,
    ItemBatch,
    ItemProgress,
    ItemRecord,
    ItemResult,
    LogRecord,
    Opening,
    RunRecord,
    StepRecord,
    UnknownRunError,
    not_taken,
    partition_busy,
)
from spine.orchestration.resumption import RUNS_ASKED, sources_read
from spine.orchestration.run_queue import QUEUE_LEASE, RunQueue, enqueue_run, held_elsewhere
from spine.orchestration.status import StepStatus, WorkflowStatus

_Visit = tuple[str, str, int]


class MemoryRunStore:
    """Store of runs in memory; captures and rejects go to the stores of the current scope."""

    def __init__(self) -> None:
        self._runs: dict[str, RunRecord] = {}
        self._limits: dict[str, Mapping[str, int]] = {}
        self._definitions: dict[str, Mapping[str, Any]] = {}
        self._steps: defaultdict[str, dict[str, StepRecord]] = defaultdict(dict)
        self._attempts: defaultdict[str, dict[tuple[str, int], str]] = defaultdict(dict)
        self._items: defaultdict[_Visit, dict[int, ItemRecord]] = defaultdict(dict)
        self._events: defaultdict[str, list[RunEvent]] = defaultdict(list)
        self._logs: defaultdict[str, list[LogRecord]] = defaultdict(list)
        self._lock = RLock()

    def now(self) -> datetime:
        return utc_now()

    def create(
        self, run: RunRecord, definition: Mapping[str, Any], limits: Mapping[str, int], lease: Lease
    ) -> RunRecord | None:
        with self._lock:
            if run.idempotency_key is not None and (found := self.find_by_key(run.idempotency_key)):
                return found
            self._check_free(run)
            if any(self._holders(name, run) >= limit for name, limit in limits.items()):
                return None
            self._definitions[run.definition_hash] = definition
            self._limits[run.run_id] = limits
            self._runs[run.run_id] = kept = _held(run, lease)
            return kept

    def insert(self, run: RunRecord, definition: Mapping[str, Any], lease: Lease) -> None:
        """Store a prepared run under `lease`, as the first step of `WorkflowRunner.execute_prepared`."""
        with self._lock:
            self._check_free(run)
            self._definitions[run.definition_hash] = definition
            self._runs[run.run_id] = evolve(run, lease_owner=lease.owner, lease_expires_at=_expiry(lease))

    def submit(self, run: RunRecord, definition: Mapping[str, Any], queue: RunQueue | None) -> RunRecord:
        with self._lock:
            known = self.find_by_key(run.idempotency_key) if run.idempotency_key is not None else None
            if known is not None:
                return known
            self._check_free(run)
            self._definitions[run.definition_hash] = definition
            if queue is not None:
                run = evolve(run, lease_owner=QUEUE_LEASE.owner, lease_expires_at=_expiry(QUEUE_LEASE))
                enqueue_run(queue, None, run)
            self._runs[run.run_id] = run
            return run

    def commit(self, batch: Batch) -> None:
        with self._lock:
            if batch.opening is not None and batch.run is not None:
                run = self._open(batch.run, batch.opening)
            else:
                run = self._fenced(batch.run_id, batch.fence)
            self._check_attempts(batch)
            if batch.run is not None and batch.run.status.is_open:
                self._check_free(batch.run)
            ScopedStagedStore().commit(batch.staged)
            if batch.run is not None:
                kept = {name: getattr(run, name) for name in LEASE_FIELDS if name != "fence"}
                self._runs[batch.run_id] = evolve(batch.run, **kept)
            for step_id in batch.removed:
                removed = self._steps[batch.run_id].pop(step_id)
                del self._attempts[batch.run_id][removed.step_name, removed.attempt]
            self._steps[batch.run_id].update((step.step_id, step) for step in batch.steps)
            if batch.items is not None:
                visit = (batch.run_id, batch.items.step_name, batch.items.first_attempt)
                first = batch.items.replaced_from
                for index in [index for index in self._items[visit] if first is not None and index >= first]:
                    del self._items[visit][index]
                self._items[visit].update((item.item_index, item) for item in batch.items.items)
                self._note_progress(batch.run_id, batch.items)
            self._events[batch.run_id].extend(batch.events)
            self._logs[batch.run_id].extend(batch.logs)

    def _note_progress(self, run_id: str, batch: ItemBatch) -> None:
        if batch.progress is not None and batch.step_id is not None:
            steps, metrics = self._steps[run_id], {"items": asdict(batch.progress)}
            steps[batch.step_id] = evolve(steps[batch.step_id], metrics=metrics)

    def acquire(
        self, run_id: str, lease: Lease, *, limits: Mapping[str, int] | None = None, force: bool = False
    ) -> RunRecord | None:
        with self._lock:
            run = self._runs.get(run_id)
            if run is None:
                raise UnknownRunError(no_such("run", run_id))
            may_take = force or run.lease_owner in (lease.owner, lease.handed_by)
            if not may_take and run.is_held(utc_now()):
                raise held_elsewhere(run)
            if any(self._holders(name, run) >= limit for name, limit in (limits or {}).items()):
                return None
            if limits:
                self._limits[run_id] = limits
            asked = None if run.status.has_ended else run.cancel_requested_at
            self._runs[run_id] = taken = _held(evolve(run, cancel_requested_at=asked), lease)
            return taken

    def renew(self, fences: Mapping[str, int], lease: Lease) -> dict[str, LeaseState]:
        with self._lock:
            found = {}
            for run_id, fence in fences.items():
                run = self._runs[run_id]
                held = run.fence == fence
                if held:
                    self._runs[run_id] = evolve(run, lease_expires_at=_expiry(lease))
                asked = (run.cancel_requested_at is not None, run.park_requested_at is not None)
                found[run_id] = LeaseState(held, *asked)
            return found

    def release(self, run_id: str, fence: int) -> None:
        with self._lock:
            run = self._fenced(run_id, fence)
            self._runs[run_id] = evolve(run, lease_owner=None, lease_expires_at=None, park_requested_at=None)

    def request_cancel(self, run_id: str) -> bool:
        return self._request(run_id, cancel_requested_at=utc_now())

    def request_park(self, run_id: str) -> bool:
        return self._request(run_id, park_requested_at=utc_now())

    def _request(self, run_id: str, **asked: Any) -> bool:
        with self._lock:
            run = self._runs[run_id]
            if run.status.has_ended:
                return False
            self._runs[run_id] = evolve(run, **asked)
            return True

    def hand_over(self, run_id: str, queue: RunQueue) -> None:
        with self._lock:
            if (run := self._runs.get(run_id)) and run.lease_owner == QUEUE_LEASE.owner and run.is_held(utc_now()):
                raise LeaseError(f"run {run_id} is in the queue already")
            taken = self.acquire(run_id, QUEUE_LEASE)
            assert taken is not None  # no limit was given
            enqueue_run(queue, None, taken)

    def abandoned(self) -> list[RunRecord]:
        now = utc_now()
        return [
            run
            for run in self._runs.values()
            if not run.status.has_ended and not run.is_held(now) and self._is_due(run, now)
        ]

    def _is_due(self, run: RunRecord, now: datetime) -> bool:
        if run.parent_run_id is None:
            return _is_awake(run, now)
        parent = self._runs.get(run.parent_run_id)
        return parent is not None and parent.status.has_ended

    def get_run(self, run_id: str) -> RunRecord | None:
        return self._runs.get(run_id)

    def find_by_key(self, idempotency_key: str) -> RunRecord | None:
        return next((run for run in self._runs.values() if run.idempotency_key == idempotency_key), None)

    def list_children(self, run_id: str) -> list[RunRecord]:
        return [run for run in self._runs.values() if run.parent_run_id == run_id]

    def get_definition(self, definition_hash: str) -> Mapping[str, Any] | None:
        return self._definitions.get(definition_hash)

    def sources_read(self, workflow_name: str, definition_hash: str) -> Mapping[str, bool]:
        wanted = (workflow_name, definition_hash)
        found = [run.run_id for run in self._runs.values() if (run.workflow_name, run.definition_hash) == wanted]
        records = (step for run_id in found[-RUNS_ASKED:] for step in self._steps[run_id].values())
        completed = (step for step in records if step.status is StepStatus.COMPLETED)
        return sources_read((step.step_name, step.transition) for step in completed)

    def list_steps(self, run_id: str) -> list[StepRecord]:
        records = self._steps[run_id].values()
        return sorted(records, key=lambda record: (record.attempt == 0, record.sequence, record.step_order))

    def list_items(self, run_id: str, step_name: str, first_attempt: int) -> Iterator[ItemRecord]:
        found = self._items[run_id, step_name, first_attempt]
        return (found[index] for index in sorted(found))

    def list_results(self, run_id: str, step_name: str, first_attempt: int) -> Iterator[ItemResult]:
        return results_of(self.list_items(run_id, step_name, first_attempt))

    def list_events(self, run_id: str) -> list[RunEvent]:
        return list(self._events[run_id])

    def add_logs(self, records: Sequence[LogRecord]) -> None:
        for record in records:
            self._logs[record.run_id].append(record)

    def list_logs(self, run_id: str) -> list[LogRecord]:
        return list(self._logs[run_id])

    def busy(self) -> dict[str, str]:
        """Return the locks of partitions that open runs hold, and the run of each."""
        found = [run for run in self._runs.values() if run.partition_lock is not None and run.status.is_open]
        return {str(run.partition_lock): run.run_id for run in found}

    def _check_free(self, run: RunRecord) -> None:
        holder = self.busy().get(run.partition_lock or "", run.run_id)
        if holder != run.run_id:
            raise partition_busy(run, holder)

    def _open(self, run: RunRecord, opening: Opening) -> RunRecord:
        if opening.definition is not None:
            self._definitions[run.definition_hash] = opening.definition()
        elif not _is_untouched(self._runs[run.run_id], run, opening):
            raise not_taken(run)
        return evolve(run, lease_owner=opening.lease.owner, lease_expires_at=_expiry(opening.lease))

    def _fenced(self, run_id: str, fence: int) -> RunRecord:
        run = self._runs[run_id]
        if run.fence != fence:
            raise LostLeaseError(f"run {run_id} was taken over by {run.lease_owner or 'another process'}")
        return run

    def _holders(self, name: str, of: RunRecord) -> int:
        family, parent = {of.run_id}, of.parent_run_id
        while parent is not None and parent not in family:
            family.add(parent)
            parent = self._runs[parent].parent_run_id if parent in self._runs else None
        holders = [self._runs[each] for each, limits in self._limits.items() if name in limits and each not in family]
        return sum(not run.status.has_ended and run.is_held(utc_now()) for run in holders)

    def _check_attempts(self, batch: Batch) -> None:
        attempts = self._attempts[batch.run_id]
        for step in batch.steps:
            if attempts.setdefault((step.step_name, step.attempt), step.step_id) != step.step_id:
                raise IntegrityError(f"run {batch.run_id} has attempt {step.attempt} of {step.step_name!r} already")


def _is_untouched(kept: RunRecord, run: RunRecord, opening: Opening) -> bool:
    """Return True if a stored run is as it was when `run`, the state after its start, was made of it."""
    asked = kept.cancel_requested_at or kept.park_requested_at
    is_waiting = kept.status is WorkflowStatus.PENDING and asked is None
    return is_waiting and (kept.lease_owner, kept.fence) == (opening.taken_from, run.fence - 1)


def _held(run: RunRecord, lease: Lease) -> RunRecord:
    held = evolve(run, lease_owner=lease.owner, lease_expires_at=_expiry(lease), fence=run.fence + 1)
    is_handed = run.lease_owner is not None and run.lease_owner == lease.handed_by
    return held if is_handed else evolve(held, park_requested_at=None)


def _expiry(lease: Lease) -> datetime:
    return utc_now() + timedelta(seconds=lease.seconds)


def _is_awake(run: RunRecord, now: datetime) -> bool:
    is_asleep = run.status is WorkflowStatus.WAITING and run.wake_at is not None and run.wake_at > now
    return not is_asleep or run.cancel_requested_at is not None


class MemoryItems:
    """Items of one visit to a map step, in memory; their staged data is dropped."""

    def __init__(self) -> None:
        self._items: dict[int, ItemRecord] = {}

    def finished(self) -> Iterator[ItemRecord]:
        return (self._items[index] for index in sorted(self._items))

    def results(self) -> Iterator[ItemResult]:
        return results_of(self.finished())

    def commit(self, items: Sequence[ItemRecord], staged: Sequence[Any], progress: ItemProgress | None = None) -> None:
        self._items.update((item.item_index, item) for item in items)

    def replace(self, first: int, items: Sequence[ItemRecord]) -> None:
        self._items = {index: item for index, item in self._items.items() if index < first}
        self.commit(items, ())


def results_of(items: Iterable[ItemRecord]) -> Iterator[ItemResult]:
    """Yield what items gave."""
    return (ItemResult(item.item_index, item.output, item.error) for item in items)
