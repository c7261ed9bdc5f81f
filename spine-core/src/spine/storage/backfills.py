"""The BackfillStore in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import evolve
from sqlalchemy import Connection, RowMapping, Select, insert, select, text, update

from spine.core.suggest import no_such
from spine.orchestration.lease import Lease, LeaseError, is_lease_held
from spine.orchestration.run_queue import RunQueue
from spine.orchestration.status import WorkflowStatus
from spine.scheduling.backfill import (
    Backfill,
    BackfillCounts,
    BackfillOptions,
    BackfillRun,
    BackfillStatus,
    Look,
    LostBackfillError,
    UnknownBackfillError,
)
from spine.scheduling.firing import NewRun
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.id_parts import with_id
from spine.storage.runs.insert import again_if_taken, insert_runs
from spine.storage.tables.backfills import backfills
from spine.storage.tables.runs import IS_OPEN, runs
from spine.storage.types import of_row

LATEST = "latest"
_FREE: Mapping[str, None] = {"lease_owner": None, "lease_expires_at": None}
_GOOD = [status.name for status in WorkflowStatus if status.is_good]
_UNFINISHED = [BackfillStatus.RUNNING.value, BackfillStatus.FAILED.value]
_LEASE = (runs.c.lease_owner, runs.c.lease_expires_at)
_COLUMNS = (runs.c.partition_lock, runs.c.run_id, runs.c.status, runs.c.outcome, runs.c.error, *_LEASE)


class SqlBackfillStore:
    """A BackfillStore over `core_backfills`; the runs are in `core_workflow_runs`."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._clock = StoreClock(history.adapter)

    def now(self) -> datetime:
        return self._clock.now()

    def add(self, backfill: Backfill, lease: Lease) -> Backfill:
        row = {
            "project": self._history.project,
            "id": backfill.id,
            "workflow_name": backfill.workflow_name,
            "partitions": [dict(key) for key in backfill.partitions],
            "params": dict(backfill.params),
            "options": backfill.options.to_dict(),
            "status": backfill.status.value,
            "created_at": backfill.created_at,
            "counts": backfill.counts.to_dict(),
            "lease_owner": lease.owner,
        }
        with self._history.engine.begin() as connection:
            connection.execute(insert(backfills).values(**row, lease_expires_at=self._clock.sql(lease.seconds)))
        return self.get(backfill.id)

    def get(self, reference: str) -> Backfill:
        query = select(backfills).where(self._history.own(backfills))
        if reference == LATEST:
            found = self._all(query.order_by(backfills.c.created_at.desc(), backfills.c.id.desc()).limit(1))
        else:
            found = list(with_id(lambda is_it: self._all(query.where(is_it).limit(2)), backfills.c.id, reference))
        if not found:
            raise UnknownBackfillError(no_such("backfill", reference))
        if len(found) > 1:
            raise UnknownBackfillError(f"several backfills have {reference!r} in their id: give more of it")
        return found[0]

    def list_backfills(
        self, workflow: str | None = None, *, unfinished: bool = False, limit: int = 20
    ) -> list[Backfill]:
        query = select(backfills).where(self._history.own(backfills))
        if unfinished:
            query = query.where(backfills.c.status.in_(_UNFINISHED))
        if workflow is not None:
            query = query.where(backfills.c.workflow_name == workflow)
        return self._all(query.order_by(backfills.c.created_at.desc(), backfills.c.id.desc()).limit(limit))

    def acquire(self, backfill_id: str, lease: Lease) -> Backfill:
        changes = {"status": BackfillStatus.RUNNING.value, "completed_at": None, "cancel_requested_at": None}
        with self._history.engine.begin() as connection:
            row = self._locked(connection, backfill_id)
            owner = row["lease_owner"]
            if owner != lease.owner and is_lease_held(owner, row["lease_expires_at"], self._clock.read(connection)):
                raise LeaseError(f"backfill {backfill_id} is being executed by {owner}: wait for it, or cancel it")
            held = {"lease_owner": lease.owner, "lease_expires_at": self._clock.sql(lease.seconds)}
            connection.execute(update(backfills).where(backfills.c.id == backfill_id).values(**changes, **held))
        return self.get(backfill_id)

    def renew(self, backfill_id: str, lease: Lease) -> None:
        with self._history.engine.begin() as connection:
            mine = update(backfills).where(backfills.c.id == backfill_id, backfills.c.lease_owner == lease.owner)
            if not connection.execute(mine.values(lease_expires_at=self._clock.sql(lease.seconds))).rowcount:
                raise _lost(backfill_id)

    def release(self, backfill_id: str, lease: Lease) -> None:
        mine = update(backfills).where(backfills.c.id == backfill_id, backfills.c.lease_owner == lease.owner)
        with self._history.engine.begin() as connection:
            connection.execute(mine.values(_FREE))

    def request_cancel(self, backfill_id: str) -> bool:
        going = (backfills.c.id == backfill_id, backfills.c.status == BackfillStatus.RUNNING.value)
        ask = update(backfills).where(self._history.own(backfills), *going)
        with self._history.engine.begin() as connection:
            return bool(connection.execute(ask.values(cancel_requested_at=self._clock.sql())).rowcount)

    def start(self, backfill: Backfill, new: NewRun, lease: Lease, queue: RunQueue | None) -> BackfillRun:
        return again_if_taken(lambda: self._start(backfill, new, lease, queue))

    def runs(self, backfill: Backfill) -> list[BackfillRun]:
        own = select(*_COLUMNS).where(runs.c.backfill_id == backfill.id)
        with self._history.reader.connect() as connection:
            found = {row["partition_lock"]: _run_of(row) for row in connection.execute(own).mappings()}
            if not backfill.options.repeats:
                locks = backfill.locks().keys() - found.keys()
                for row in connection.execute(self._elsewhere(backfill)).mappings():
                    if row["partition_lock"] in locks:
                        found[row["partition_lock"]] = evolve(_run_of(row), elsewhere=True)
        return list(found.values())

    def look(self, backfill_id: str) -> Look:
        query = select(runs.c.run_id).where(runs.c.backfill_id == backfill_id, text(IS_OPEN)).order_by(runs.c.run_id)
        asked = select(backfills.c.cancel_requested_at).where(backfills.c.id == backfill_id)
        with self._history.reader.connect() as connection:
            is_cancelled = connection.execute(asked).scalar() is not None
            return Look(connection.execute(query).scalars().all(), is_cancelled)

    def finish(self, backfill: Backfill, status: BackfillStatus, counts: BackfillCounts, lease: Lease) -> Backfill:
        mine = update(backfills).where(backfills.c.id == backfill.id, backfills.c.lease_owner == lease.owner)
        changes = {"status": status.value, "counts": counts.to_dict(), **_FREE}
        with self._history.engine.begin() as connection:
            if not connection.execute(mine.values(**changes, completed_at=self._clock.sql())).rowcount:
                raise _lost(backfill.id)
        return self.get(backfill.id)

    def _start(self, backfill: Backfill, new: NewRun, lease: Lease, queue: RunQueue | None) -> BackfillRun:
        lock = new.record.partition_lock
        with self._history.engine.begin() as connection:
            if self._locked(connection, backfill.id)["lease_owner"] != lease.owner:
                raise _lost(backfill.id)
            own = select(*_COLUMNS).where(runs.c.backfill_id == backfill.id, runs.c.partition_lock == lock)
            if row := connection.execute(own).mappings().first():
                return _run_of(row)
            now, project = self._clock.read(connection), self._history.project
            [kept] = insert_runs(connection, [(new.record, new.definition)], lease, now, project=project, queue=queue)
            others = self._elsewhere(backfill).where(runs.c.partition_lock == lock)
            # now that no other run of the partition can open
            if not backfill.options.repeats and (row := connection.execute(others).mappings().first()):
                connection.rollback()
                return evolve(_run_of(row), elsewhere=True)
            return BackfillRun(str(lock), kept.run_id, kept.status, kept.outcome)

    def _elsewhere(self, backfill: Backfill) -> Select[Any]:
        """Return the query for the runs of others that completed a partition since the backfill was planned."""
        is_other = runs.c.backfill_id.is_(None) | (runs.c.backfill_id != backfill.id)
        return select(*_COLUMNS).where(
            self._history.own(runs),
            runs.c.workflow_name == backfill.workflow_name,
            runs.c.partition_lock.is_not(None),
            runs.c.status.in_(_GOOD),
            runs.c.completed_at >= backfill.created_at,
            is_other,
        )

    def _locked(self, connection: Connection, backfill_id: str) -> RowMapping:
        query = select(backfills).where(self._history.own(backfills), backfills.c.id == backfill_id).with_for_update()
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise UnknownBackfillError(no_such("backfill", backfill_id))
        return row

    def _all(self, query: Select[Any]) -> list[Backfill]:
        with self._history.reader.connect() as connection:
            return [backfill_of(row) for row in connection.execute(query).mappings()]


@of_row
def backfill_of(row: RowMapping) -> Backfill:
    return Backfill(
        row["workflow_name"],
        row["partitions"],
        row["params"],
        BackfillOptions.from_dict(row["options"]),
        row["created_at"],
        row["id"],
        BackfillStatus(row["status"]),
        row["completed_at"],
        row["cancel_requested_at"],
        BackfillCounts(**row["counts"]),
        row["lease_owner"],
        row["lease_expires_at"],
    )


@of_row
def _run_of(row: RowMapping) -> BackfillRun:
    status = WorkflowStatus[row["status"]]
    return BackfillRun(
        row["partition_lock"],
        row["run_id"],
        status,
        row["outcome"],
        row["error"],
        lease_owner=row["lease_owner"],
        lease_expires_at=row["lease_expires_at"],
    )


def _lost(backfill_id: str) -> LostBackfillError:
    return LostBackfillError(f"backfill {backfill_id} was taken over by another process: this one starts no more runs")
