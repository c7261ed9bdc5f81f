"""Leases on runs in SQL: acquired, renewed, released, counted and checked for expiry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, insert, literal, or_, select, update

from spine.core.suggest import no_such
from spine.orchestration.lease import (
    GRACE_SECONDS,
    Lease,
    LeaseState,
    LostLeaseError,
    is_gone,
    is_lease_held,
    works_here,
)
from spine.orchestration.records import Batch, Opening, RunRecord, UnknownRunError, not_taken
from spine.orchestration.run_queue import QUEUE_LEASE, held_elsewhere
from spine.orchestration.status import WorkflowStatus
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.runs.hot_statements import untouched
from spine.storage.runs.rows import run_of
from spine.storage.tables.runs import limits as limit_holders
from spine.storage.tables.runs import runs

OPEN = tuple(status.name for status in WorkflowStatus if status.is_open)
# built once: building a statement costs more than its execution on SQLite
_FENCE = select(runs.c.fence).where(runs.c.run_id == bindparam("of_run"))
_FENCE_KEPT = _FENCE.with_for_update(key_share=True)
_HELD = and_(runs.c.run_id == bindparam("of_run"), runs.c.fence == bindparam("of_fence"))


class Leases:
    """The lease columns of `core_workflow_runs`; every method works inside the caller's transaction."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._clock = StoreClock(history.adapter)

    def check(self, connection: Connection, run_id: str, fence: int) -> None:
        """Raise LostLeaseError unless the run has that fence; it is locked until the transaction ends."""
        query = _FENCE if self._history.adapter.single_writer else _FENCE_KEPT
        if connection.execute(query, {"of_run": run_id}).scalar() != fence:
            raise LostLeaseError(f"run {run_id} was taken over by another process: results of this one are discarded")

    def has(self, connection: Connection, batch: Batch) -> bool:
        """Return True if there is a run with the fence of a batch."""
        return connection.execute(_FENCE, {"of_run": batch.run_id}).scalar() == batch.fence

    def take_prepared(self, connection: Connection, run: RunRecord, opening: Opening) -> None:
        """Give the lease of a prepared run to a new owner; NotTakenError if it has changed since it was read."""
        lease = opening.lease
        held = {"lease_owner": lease.owner, "lease_expires_at": self._clock.sql(lease.seconds), "fence": run.fence}
        same = (runs.c.run_id == run.run_id, *untouched(opening.taken_from, literal(run.fence)))
        if not connection.execute(update(runs).where(*same).values(held)).rowcount:
            raise not_taken(run)

    def take(self, connection: Connection, run_id: str, lease: Lease, *, force: bool, again: bool = True) -> RunRecord:
        """Give the lease to a new owner, with `again` also to the present one, and return the run.

        See RunStore.acquire.
        """
        query = select(runs).where(self._history.own(runs), runs.c.run_id == run_id).with_for_update()
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise UnknownRunError(no_such("run", run_id))
        run = run_of(row)
        may_take = force or run.lease_owner in ((lease.owner, lease.handed_by) if again else (lease.handed_by,))
        if not may_take and run.is_held(self._clock.read(connection)):
            raise held_elsewhere(run)
        return self.give(connection, run, lease)

    def give(self, connection: Connection, run: RunRecord, lease: Lease) -> RunRecord:
        """Write the owner, the expiry and a higher fence, and return the run with them."""
        changes: dict[str, Any] = {
            "lease_owner": lease.owner,
            "lease_expires_at": self._clock.sql(lease.seconds),
            "fence": run.fence + 1,
        }
        if run.lease_owner is None or run.lease_owner != lease.handed_by:  # a request to park is for the present owner
            changes["park_requested_at"] = None
        if run.status.has_ended:  # the cancel request is served
            changes["cancel_requested_at"] = None
        connection.execute(update(runs).where(runs.c.run_id == run.run_id).values(changes))
        row = connection.execute(select(runs).where(runs.c.run_id == run.run_id)).mappings().one()
        return run_of(row)

    def renew(self, connection: Connection, run_id: str, fence: int, lease: Lease) -> LeaseState:
        """Extend one lease."""
        extend = update(runs).where(_HELD).values(lease_expires_at=self._clock.sql(lease.seconds))
        held = connection.execute(extend, {"of_run": run_id, "of_fence": fence}).rowcount
        asked = select(runs.c.cancel_requested_at, runs.c.park_requested_at).where(runs.c.run_id == run_id)
        cancelled, parked = connection.execute(asked).one_or_none() or (None, None)
        return LeaseState(bool(held), cancelled is not None, parked is not None)

    def release(self, connection: Connection, run_id: str, fence: int) -> None:
        """Release the lease; a lost lease stays with its new owner."""
        free = update(runs).where(_HELD).values(lease_owner=None, lease_expires_at=None, park_requested_at=None)
        connection.execute(free, {"of_run": run_id, "of_fence": fence})

    def hold_limits(self, connection: Connection, run_id: str, limits: Mapping[str, int]) -> bool:
        """Record that the run holds these limits; if one has its maximum of live holders, record none, return False."""
        for name in sorted(limits):  # in a fixed order, to avoid deadlocks
            self._history.lock(connection, f"spine.limit.{name}")
        now, family = self._clock.read(connection), self._with_ancestors(connection, run_id)
        if any(self._holders(connection, name, family, now) >= limit for name, limit in limits.items()):
            return False
        for name in limits:
            row = {"name": name, "run_id": run_id}
            connection.execute(delete(limit_holders).filter_by(**row))
            connection.execute(insert(limit_holders).values(row))
        return True

    def abandoned(self, connection: Connection) -> list[RunRecord]:
        """Return what RunStore.abandoned does."""
        now = self._clock.read(connection)
        woken = or_(runs.c.wake_at.is_(None), runs.c.wake_at <= now, runs.c.cancel_requested_at.is_not(None))
        own = and_(runs.c.parent_run_id.is_(None), or_(runs.c.status != "WAITING", woken))
        owner, expiry = runs.c.lease_owner, runs.c.lease_expires_at
        not_queued = or_(owner.is_(None), owner != QUEUE_LEASE.owner, expiry <= now)  # very many may be in the queue
        above = runs.alias("above")
        left = exists().where(above.c.run_id == runs.c.parent_run_id, above.c.status.not_in(OPEN))
        due = (self._history.own(runs), runs.c.status.in_(OPEN), or_(own, left), not_queued)
        query = select(runs).where(self._is_free(connection, due, now), *due)
        found = [run_of(row) for row in connection.execute(query).mappings()]
        # not in SQL: SQLite would read all runs in this order to find those that are open
        return sorted(found, key=lambda run: (run.started_at, run.run_id))

    def _is_free(
        self, connection: Connection, among: Sequence[ColumnElement[bool]], now: datetime
    ) -> ColumnElement[bool]:
        """Return the condition that no process holds a run, as `is_lease_held` says; very many may be held by a few."""
        owner, expiry = runs.c.lease_owner, runs.c.lease_expires_at
        late = now - timedelta(seconds=GRACE_SECONDS)
        owners = connection.execute(select(owner).where(*among, owner.is_not(None), expiry > late).distinct()).scalars()
        is_dead = {name: is_gone(name) for name in owners}
        dead = [name for name, gone in is_dead.items() if gone]
        working = [name for name, gone in is_dead.items() if not gone and works_here(name)]
        expired = or_(expiry <= late, and_(expiry <= now, owner.not_in(working)))
        return or_(owner.is_(None), expiry.is_(None), owner.in_(dead), expired)

    def _with_ancestors(self, connection: Connection, run_id: str) -> list[str]:
        """Return the run and those that it belongs to: they wait for it, so their limits do not hold it up."""
        found, parent = [run_id], self._parent(connection, run_id)
        while parent is not None and parent not in found:
            found.append(parent)
            parent = self._parent(connection, parent)
        return found

    def _parent(self, connection: Connection, run_id: str) -> str | None:
        found: str | None = connection.execute(select(runs.c.parent_run_id).where(runs.c.run_id == run_id)).scalar()
        return found

    def _holders(self, connection: Connection, name: str, but: Sequence[str], now: datetime) -> int:
        recent = runs.c.lease_expires_at > now - timedelta(seconds=GRACE_SECONDS)
        live: Any = and_(runs.c.run_id == limit_holders.c.run_id, runs.c.status.in_(OPEN), recent)
        query = select(runs.c.lease_owner, runs.c.lease_expires_at).select_from(limit_holders.join(runs, live))
        others = (self._history.own(runs), limit_holders.c.name == name, limit_holders.c.run_id.not_in(but))
        found = connection.execute(query.where(*others))
        return sum(is_lease_held(row.lease_owner, row.lease_expires_at, now) for row in found)
