"""Backfills: runs of many partitions of one workflow; their record and their store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from attrs import asdict, field, frozen

from spine.core.errors import OrchestrationError
from spine.core.ids import new_id
from spine.orchestration.lease import Lease, LeaseError, is_lease_held
from spine.orchestration.partitions import Key, lock_of
from spine.orchestration.run_queue import RunQueue
from spine.orchestration.status import WorkflowStatus
from spine.scheduling.firing import NewRun


class UnknownBackfillError(OrchestrationError):
    """No backfill has that id or part of an id, or several do."""

    exit_code = 2


class LostBackfillError(LeaseError):
    """Another process took over the backfill; this one starts no more of its runs."""


class BackfillStatus(str, Enum):
    """Status of a backfill; PENDING is one that is not complete and that no process executes."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def has_ended(self) -> bool:
        """True if it is complete, or continues only when it is resumed."""
        return self in (BackfillStatus.COMPLETED, BackfillStatus.FAILED, BackfillStatus.CANCELLED)

    @property
    def can_be_resumed(self) -> bool:
        """True if some of it is left, and no process executes it."""
        return self in (BackfillStatus.PENDING, BackfillStatus.FAILED, BackfillStatus.CANCELLED)


class Choice(str, Enum):
    """The partitions of a range that a backfill takes."""

    MISSING = "missing"
    FAILED = "failed"
    ALL = "all"


class Order(str, Enum):
    """The partition to begin with."""

    OLDEST = "oldest"
    NEWEST = "newest"


@frozen
class BackfillOptions:
    """Options of a backfill: the partitions of its range that it takes, the limit of open runs, and the order."""

    choices: Sequence[Choice] = (Choice.MISSING,)
    max_parallel: int = 1
    order: Order = Order.OLDEST

    @property
    def repeats(self) -> bool:
        """True if partitions run although another run has completed them meanwhile."""
        return Choice.ALL in self.choices

    def to_dict(self) -> dict[str, Any]:
        return {
            "choices": [choice.value for choice in self.choices],
            "max_parallel": self.max_parallel,
            "order": self.order.value,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> BackfillOptions:
        """Return the options from their `to_dict` form."""
        return cls(tuple(Choice(name) for name in data["choices"]), data["max_parallel"], Order(data["order"]))


@frozen
class BackfillCounts:
    """Partitions of a backfill by state; `elsewhere` were completed by runs of others, `left` have no run yet."""

    total: int = 0
    completed: int = 0
    unchanged: int = 0
    failed: int = 0
    cancelled: int = 0
    running: int = 0
    elsewhere: int = 0
    left: int = 0

    @property
    def done(self) -> int:
        """The number of partitions that need nothing more."""
        return self.completed + self.unchanged + self.elsewhere

    def to_dict(self) -> dict[str, int]:
        return asdict(self)


@frozen
class Backfill:
    """A backfill: its partitions, in the order in which they begin, and the parameters of each run."""

    workflow_name: str
    partitions: Sequence[Key]
    params: Mapping[str, Any]
    options: BackfillOptions
    created_at: datetime
    id: str = field(factory=new_id)
    status: BackfillStatus = BackfillStatus.RUNNING
    completed_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    counts: BackfillCounts = field(factory=BackfillCounts)
    lease_owner: str | None = None
    lease_expires_at: datetime | None = None

    def locks(self) -> dict[str, Key]:
        """Return the partitions by the lock that a run of each holds, in order."""
        return {lock_of(self.workflow_name, key): key for key in self.partitions}

    def is_held(self, now: datetime) -> bool:
        """Return True if a process executes it at `now`."""
        return is_lease_held(self.lease_owner, self.lease_expires_at, now)


@frozen
class BackfillRun:
    """The run of one partition of a backfill; `elsewhere` is a run of another that completed the partition."""

    lock: str
    run_id: str
    status: WorkflowStatus
    outcome: str | None
    error: str | None = None
    elsewhere: bool = False
    lease_owner: str | None = None
    lease_expires_at: datetime | None = None

    def is_abandoned(self, now: datetime) -> bool:
        """Return True if it is RUNNING, and the process that executes it, which may be a worker, has ended."""
        is_running = self.status is WorkflowStatus.RUNNING and not self.elsewhere
        return is_running and not is_lease_held(self.lease_owner, self.lease_expires_at, now)

    @property
    def waits(self) -> bool:
        """True if it is open, and no process executes it or has to."""
        return self.status.is_open and self.status is not WorkflowStatus.RUNNING


@frozen
class Look:
    """The runs of a backfill that are open, and whether it is to be cancelled."""

    open_runs: Sequence[str]
    is_cancelled: bool


def count(backfill: Backfill, found: Sequence[BackfillRun]) -> BackfillCounts:
    """Return the partitions of a backfill by state; each has its own run, or one of another that completed it."""
    made = dict.fromkeys(("completed", "unchanged", "failed", "cancelled", "running", "elsewhere"), 0)
    for run in found:
        made[_state(run)] += 1
    total = len(backfill.partitions)
    return BackfillCounts(total=total, left=total - sum(made.values()), **made)


def _state(run: BackfillRun) -> str:
    if run.elsewhere:
        return "elsewhere"
    if run.status.is_open:
        return "running"
    if run.status is WorkflowStatus.CANCELLED:
        return "cancelled"
    if run.status.has_failed:
        return "failed"
    return "unchanged" if run.outcome == "unchanged" else "completed"


class BackfillStore(Protocol):
    """Store of backfills. Each method is atomic and durable; leases use the store's own clock."""

    def now(self) -> datetime:
        """Return the time of the store's clock, in UTC."""
        ...

    def add(self, backfill: Backfill, lease: Lease) -> Backfill:
        """Store a new backfill under `lease` and return it."""
        ...

    def get(self, reference: str) -> Backfill:
        """Return the backfill with that id, or the one with that part of an id, or the newest for `latest`.

        Raises UnknownBackfillError.
        """
        ...

    def list_backfills(
        self, workflow: str | None = None, *, unfinished: bool = False, limit: int = 20
    ) -> list[Backfill]:
        """Return the newest backfills first; `unfinished` are those that go on, stopped or failed."""
        ...

    def acquire(self, backfill_id: str, lease: Lease) -> Backfill:
        """Acquire the lease of a backfill, RUNNING again and without a request to cancel, and return it.

        Raises LeaseError while another process executes it.
        """
        ...

    def renew(self, backfill_id: str, lease: Lease) -> None:
        """Extend the lease; LostBackfillError if another process took it."""
        ...

    def release(self, backfill_id: str, lease: Lease) -> None:
        """Release the lease, so that any process may acquire the backfill at once."""
        ...

    def request_cancel(self, backfill_id: str) -> bool:
        """Ask for the end of a backfill; False if it has ended."""
        ...

    def start(self, backfill: Backfill, new: NewRun, lease: Lease, queue: RunQueue | None) -> BackfillRun:
        """Store the run of a partition, for `queue` if it is set, and return it.

        A run that the backfill has of the partition is returned instead, and so is one of others that has completed it.
        Raises PartitionBusyError while another run of the partition is open, LostBackfillError if another process took
        over the backfill.
        """
        ...

    def runs(self, backfill: Backfill) -> list[BackfillRun]:
        """Return the newest state of the runs of a backfill, and those of others that completed its partitions."""
        ...

    def look(self, backfill_id: str) -> Look:
        """Return what changes while a backfill goes on."""
        ...

    def finish(self, backfill: Backfill, status: BackfillStatus, counts: BackfillCounts, lease: Lease) -> Backfill:
        """Record the end of a backfill, release its lease and return it."""
        ...
