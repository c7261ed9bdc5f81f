"""Store of runs, their steps, items and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from spine.core.scope import current_scope
from spine.orchestration.events import RunEvent
from spine.orchestration.lease import Lease, LeaseState
from spine.orchestration.records import Batch, ItemRecord, ItemResult, LogRecord, RunRecord, StepRecord
from spine.orchestration.run_queue import RunQueue


class RunStore(Protocol):
    """Store of runs, steps, items and events. Each method is atomic and durable.

    Leases and waits use the store's own clock.
    """

    def now(self) -> datetime:
        """Return the time of the store's clock, in UTC."""
        ...

    def create(
        self, run: RunRecord, definition: Mapping[str, Any], limits: Mapping[str, int], lease: Lease
    ) -> RunRecord | None:
        """Store a new run under `lease` and return it.

        An existing run with the same idempotency key is returned instead, None if one of `limits` is reached (number of
        runs with a live lease that may hold each name). Raises PartitionBusyError while another run with its
        `partition_lock` is open.
        """
        ...

    def submit(self, run: RunRecord, definition: Mapping[str, Any], queue: RunQueue | None) -> RunRecord:
        """Store a new run from `WorkflowRunner.prepare` for any process, or enqueue it in the same transaction.

        An existing run with the same idempotency key is returned instead. Raises PartitionBusyError as `create` does.
        """
        ...

    def commit(self, batch: Batch) -> None:
        """Write a batch: the run's new state, attempts by their `step_id`, items, events, captures and rejects.

        Raises LostLeaseError if the run's fence is not the batch's, IntegrityError for a second attempt of the same
        run, step and number, PartitionBusyError for a run that is open again while another one of its partition is.
        """
        ...

    def acquire(
        self, run_id: str, lease: Lease, *, limits: Mapping[str, int] | None = None, force: bool = False
    ) -> RunRecord | None:
        """Acquire the lease of a run and return the run, with a higher fence; None if one of `limits` is reached.

        Raises UnknownRunError, and LeaseError while another process holds the lease, unless `force`; an ended process
        of this host holds none.
        """
        ...

    def renew(self, fences: Mapping[str, int], lease: Lease) -> dict[str, LeaseState]:
        """Extend the leases of runs, given with their fences."""
        ...

    def release(self, run_id: str, fence: int) -> None:
        """Release the lease, so that any process may acquire the run at once."""
        ...

    def request_cancel(self, run_id: str) -> bool:
        """Ask the run's owner to cancel it; False if the run has ended."""
        ...

    def request_park(self, run_id: str) -> bool:
        """Ask the run's owner, in whichever process, to leave it to others after its step; False if it has ended."""
        ...

    def hand_over(self, run_id: str, queue: RunQueue) -> None:
        """Enqueue a run that no process holds, in one transaction with the lease of the queue.

        Raises LeaseError while a process or a queue holds it.
        """
        ...

    def abandoned(self) -> list[RunRecord]:
        """Return the runs that are due and that no live process holds, oldest first.

        They are PENDING, RUNNING, or WAITING with a past wake time or a request to cancel. Child runs belong to their
        parent, and are due only when it has ended and left them open.
        """
        ...

    def get_run(self, run_id: str) -> RunRecord | None:
        """Return a run, None if there is none with that id."""
        ...

    def find_by_key(self, idempotency_key: str) -> RunRecord | None:
        """Return the run that was created with that key."""
        ...

    def list_children(self, run_id: str) -> list[RunRecord]:
        """Return the child runs of a run, oldest first."""
        ...

    def get_definition(self, definition_hash: str) -> Mapping[str, Any] | None:
        """Return the definition with this hash."""
        ...

    def sources_read(self, workflow_name: str, definition_hash: str) -> Mapping[str, bool]:
        """Return, for each step that may read a source, whether it did in the newest 100 runs of that definition.

        Steps that completed in none of them are omitted.
        """
        ...

    def list_steps(self, run_id: str) -> list[StepRecord]:
        """Return the attempts of a run's steps in start order, steps never reached last."""
        ...

    def list_items(self, run_id: str, step_name: str, first_attempt: int) -> Iterator[ItemRecord]:
        """Yield the items of one visit to a map step, in the order of the input, in bounded memory."""
        ...

    def list_results(self, run_id: str, step_name: str, first_attempt: int) -> Iterator[ItemResult]:
        """Yield what the items of one visit to a map step gave, in the order of the input, in bounded memory."""
        ...

    def list_events(self, run_id: str) -> list[RunEvent]:
        """Return the events of a run, oldest first."""
        ...

    def add_logs(self, records: Sequence[LogRecord]) -> None:
        """Store log lines."""
        ...

    def list_logs(self, run_id: str) -> list[LogRecord]:
        """Return the log lines of a run, oldest first."""
        ...


def run_store() -> RunStore:
    """Return the store of the current project, one in memory without a project."""
    return current_scope().get(RunStore, _memory_store)  # type: ignore[type-abstract]  # a protocol is the key


def _memory_store() -> RunStore:
    from spine.orchestration.memory_run_store import MemoryRunStore  # not for a project

    return MemoryRunStore()
