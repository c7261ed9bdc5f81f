"""Runs, steps, items and events in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from attrs import evolve
from sqlalchemy import Connection, RowMapping, Select, bindparam, insert, select, update

from spine.core.errors import IntegrityError
from spine.db.driver_statement import DriverQuery, in_row
from spine.framework.events import AlertRaised, CaptureCommitted, Event, publish
from spine.framework.staged import Staged
from spine.orchestration.events import RunEvent, event_of
from spine.orchestration.lease import Lease, LeaseState
from spine.orchestration.records import Batch, ItemRecord, ItemResult, LogRecord, RunRecord, StepRecord
from spine.orchestration.resumption import RUNS_ASKED, Transition, sources_read
from spine.orchestration.run_queue import QUEUE_LEASE, RunQueue, enqueue_run
from spine.orchestration.status import StepStatus
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.clock import SteadyClock, StoreClock
from spine.storage.history import History
from spine.storage.retry import persistently
from spine.storage.runs.hot import HotCommits
from spine.storage.runs.insert import again_if_taken, check_free, insert_runs
from spine.storage.runs.items import is_written, items_committed, list_items, list_results, write_items
from spine.storage.runs.leases import OPEN, Leases
from spine.storage.runs.rows import (
    RUN_COLUMNS,
    STEP_ENDED,
    event_row,
    log_of,
    log_row,
    run_of,
    run_row,
    step_of,
    step_row,
)
from spine.storage.tables.runs import definitions, events, logs, runs, steps

# built once: building a statement costs more than its execution on SQLite
_INSERT_STEP, _INSERT_EVENTS = insert(steps), insert(events)
_INSERT_LOGS = insert(logs)
_UPDATE_RUN = (
    update(runs).where(runs.c.run_id == bindparam("of_run")).values({name: bindparam(name) for name in RUN_COLUMNS})
)
_UPDATE_STEP = (
    update(steps).where(steps.c.step_id == bindparam("of_step")).values({name: bindparam(name) for name in STEP_ENDED})
)


class SqlRunStore:
    """A RunStore; a batch is one transaction."""

    def __init__(self, history: History, alerts: SqlAlertStore | None = None) -> None:
        self._history = history
        self._alerts = alerts or SqlAlertStore(history)
        self._leases = Leases(history)
        self._clock = StoreClock(history.adapter)
        self._steady = SteadyClock(self._clock)
        self._hot = HotCommits(history)

    def now(self) -> datetime:
        return self._steady.now()

    def create(
        self, run: RunRecord, definition: Mapping[str, Any], limits: Mapping[str, int], lease: Lease
    ) -> RunRecord | None:
        try:
            return persistently(lambda is_retry: self._create(run, definition, limits, lease, is_retry))
        except IntegrityError:  # another process was faster, with this key or this definition
            return self._create(run, definition, limits, lease, is_retry=True)

    def commit(self, batch: Batch) -> None:
        try:
            publish(persistently(lambda is_retry: self._commit(batch, is_retry)))
        except IntegrityError:
            self._check_free(batch)
            if not batch.is_of_new_run:
                raise
            publish(self._commit(batch, is_retry=True))  # another process has written its workflow's definition

    def acquire(
        self, run_id: str, lease: Lease, *, limits: Mapping[str, int] | None = None, force: bool = False
    ) -> RunRecord | None:
        def once(_is_retry: bool) -> RunRecord | None:
            with self._history.engine.begin() as connection:
                run = self._leases.take(connection, run_id, lease, force=force)
                if limits and not self._leases.hold_limits(connection, run_id, limits):
                    connection.rollback()
                    return None
                return run

        return persistently(once)  # the one who got the lease before its answer was lost gets it again

    def renew(self, fences: Mapping[str, int], lease: Lease) -> dict[str, LeaseState]:
        with self._history.engine.begin() as connection:
            return {
                run_id: self._leases.renew(connection, run_id, fence, lease) for run_id, fence in sorted(fences.items())
            }

    def release(self, run_id: str, fence: int) -> None:
        with self._history.engine.begin() as connection:
            self._leases.release(connection, run_id, fence)

    def request_cancel(self, run_id: str) -> bool:
        return self._request(run_id, "cancel_requested_at")

    def request_park(self, run_id: str) -> bool:
        return self._request(run_id, "park_requested_at")

    def _request(self, run_id: str, column: str) -> bool:
        ask = update(runs).where(self._history.own(runs), runs.c.run_id == run_id, runs.c.status.in_(OPEN))
        with self._history.engine.begin() as connection:
            return bool(connection.execute(ask.values({column: self._clock.sql()})).rowcount)

    def hand_over(self, run_id: str, queue: RunQueue) -> None:
        with self._history.engine.begin() as connection:
            run = self._leases.take(connection, run_id, QUEUE_LEASE, force=False, again=False)
            enqueue_run(queue, connection, run)

    def abandoned(self) -> list[RunRecord]:
        with self._history.reader.connect() as connection:  # a scheduler looks again
            return self._leases.abandoned(connection)

    def get_run(self, run_id: str) -> RunRecord | None:
        found = persistently(lambda _is_retry: self._by_id.rows({"run_id": run_id, "project": self._history.project}))
        return run_of(found[0]) if found else None

    @cached_property
    def _by_id(self) -> DriverQuery:
        same = (runs.c.run_id == in_row(0, runs.c.run_id), runs.c.project == in_row(0, runs.c.project))
        return DriverQuery(self._history.adapter, select(runs).where(*same))

    def find_by_key(self, idempotency_key: str) -> RunRecord | None:
        return self._run(runs.c.idempotency_key == idempotency_key)

    def list_children(self, run_id: str) -> list[RunRecord]:
        query = select(runs).where(runs.c.parent_run_id == run_id).order_by(runs.c.created_at, runs.c.run_id)
        return [run_of(row) for row in self._all(query)]

    def get_definition(self, definition_hash: str) -> Mapping[str, Any] | None:
        query = select(definitions.c.definition).where(definitions.c.definition_hash == definition_hash)
        found: Mapping[str, Any] | None = self._history.read(lambda connection: connection.execute(query).scalar())
        return found

    def sources_read(self, workflow_name: str, definition_hash: str) -> Mapping[str, bool]:
        same = (runs.c.workflow_name == workflow_name, runs.c.definition_hash == definition_hash)
        newest = (
            select(runs.c.run_id)
            .where(self._history.own(runs), *same)
            .order_by(runs.c.started_at.desc())
            .limit(RUNS_ASKED)
        )
        completed = (steps.c.run_id.in_(newest), steps.c.status == StepStatus.COMPLETED.name)
        query = select(steps.c.step_name, steps.c.transition).where(*completed)
        return sources_read((row["step_name"], Transition.from_dict(row["transition"])) for row in self._all(query))

    def list_steps(self, run_id: str) -> list[StepRecord]:
        in_order = (steps.c.attempt == 0, steps.c.sequence, steps.c.step_order)
        query = select(steps).where(steps.c.run_id == run_id).order_by(*in_order)
        return [step_of(row) for row in self._all(query)]

    def list_items(self, run_id: str, step_name: str, first_attempt: int) -> Iterator[ItemRecord]:
        return list_items(self._history, run_id, step_name, first_attempt)

    def list_results(self, run_id: str, step_name: str, first_attempt: int) -> Iterator[ItemResult]:
        return list_results(self._history, run_id, step_name, first_attempt)

    def list_events(self, run_id: str) -> list[RunEvent]:
        query = select(events).where(events.c.run_id == run_id).order_by(events.c.id)
        return [
            event_of(row["event_type"], row["payload"], row["run_id"], row["step_id"], row["timestamp"])
            for row in self._all(query)
        ]

    def add_logs(self, records: Sequence[LogRecord]) -> None:
        with self._history.engine.begin() as connection:
            connection.execute(_INSERT_LOGS, [log_row(record) for record in records])

    def list_logs(self, run_id: str) -> list[LogRecord]:
        return [log_of(row) for row in self._all(select(logs).where(logs.c.run_id == run_id).order_by(logs.c.id))]

    def submit(self, run: RunRecord, definition: Mapping[str, Any], queue: RunQueue | None) -> RunRecord:
        def once(is_retry: bool) -> RunRecord:
            return again_if_taken(lambda: self._submit(run, definition, queue, is_retry))

        return persistently(once)

    def _submit(
        self, run: RunRecord, definition: Mapping[str, Any], queue: RunQueue | None, is_retry: bool
    ) -> RunRecord:
        with self._history.engine.begin() as connection:
            known = self._known(connection, run, is_retry)
            if known is not None:
                return known
            now, project = self._clock.read(connection), self._history.project
            [kept] = insert_runs(connection, [(run, definition)], None, now, project=project, queue=queue)
            return kept

    def _known(self, connection: Connection, run: RunRecord, is_retry: bool) -> RunRecord | None:
        """Return the run with the key of a new one, and in a retry itself, if an earlier try has written it."""
        if run.idempotency_key is not None:
            same = runs.c.idempotency_key == run.idempotency_key
        elif is_retry:
            same = runs.c.run_id == run.run_id
        else:
            return None
        row = connection.execute(select(runs).where(self._history.own(runs), same)).mappings().one_or_none()
        return None if row is None else run_of(row)

    def _create(
        self, run: RunRecord, definition: Mapping[str, Any], limits: Mapping[str, int], lease: Lease, is_retry: bool
    ) -> RunRecord | None:
        with self._history.engine.begin() as connection:
            known = self._known(connection, run, is_retry)
            if known is not None:
                return known
            begun = evolve(run, fence=run.fence + 1)
            now, project = self._clock.read(connection), self._history.project
            [kept] = insert_runs(connection, [(begun, definition)], lease, now, project=project)
            if limits and not self._leases.hold_limits(connection, run.run_id, limits):
                connection.rollback()
                return None
            return kept

    def _commit(self, batch: Batch, is_retry: bool) -> list[Event]:
        """Write a batch and return the events to publish."""
        committed: list[Event] = [
            *batch.events,
            *items_committed(batch),
            *(AlertRaised(routed.alert) for routed in batch.alerts),
        ]
        if not is_retry and self._hot.commit(batch, recovers=self._alerts.recovers(batch.run)):
            return committed
        with self._history.engine.begin() as connection:
            if batch.run is not None and batch.run.status.has_ended and batch.run.schedule_id is not None:
                from spine.storage.schedules.ends import end_tick  # only runs of schedules need it

                end_tick(connection, batch.run, self._clock.read(connection))
            opens = batch.opening is not None and not (is_retry and self._leases.has(connection, batch))
            if opens:
                self._open(connection, batch)
            else:
                self._leases.check(connection, batch.run_id, batch.fence)
            if is_retry and not opens and _is_committed(connection, batch):
                return committed + self._committed_before(connection, batch.staged)
            _write(connection, batch)
            if batch.staged:
                committed += self._commit_staged(connection, batch.staged)
            if batch.run is not None and batch.run.status.has_ended:
                self._alerts.end_run(connection, batch.run, batch.alerts)
        self._alerts.note_commit()
        return committed

    def _open(self, connection: Connection, batch: Batch) -> None:
        """Insert the run of a batch, or take a prepared one, under the lease of its opening."""
        run, opening = batch.run, batch.opening
        assert run is not None
        assert opening is not None
        if opening.definition is None:
            self._leases.take_prepared(connection, run, opening)
            return
        now, new = self._clock.read(connection), [(run, opening.definition())]
        insert_runs(connection, new, opening.lease, now, project=self._history.project)

    def _check_free(self, batch: Batch) -> None:
        """Raise PartitionBusyError for a batch that opens a run while another one of its partition is open."""
        run, project = batch.run, self._history.project
        if run is not None and run.partition_lock is not None and run.status.is_open:
            self._history.read(lambda connection: check_free(connection, project, [run]))

    def _commit_staged(self, connection: Connection, staged: Sequence[Staged]) -> list[CaptureCommitted]:
        from spine.storage.runs.staged import commit_staged  # most steps stage nothing

        return commit_staged(self._history, connection, staged)

    def _committed_before(self, connection: Connection, staged: Sequence[Staged]) -> list[CaptureCommitted]:
        from spine.storage.runs.staged import committed_before

        return committed_before(connection, staged) if staged else []

    def _run(self, condition: Any) -> RunRecord | None:
        found = self._all(select(runs).where(self._history.own(runs), condition))
        return run_of(found[0]) if found else None

    def _all(self, query: Select[Any]) -> Sequence[RowMapping]:
        return self._history.read(lambda connection: connection.execute(query).mappings().all())


def _is_committed(connection: Connection, batch: Batch) -> bool:
    """Return True if the previous try committed although its answer was lost."""
    if batch.steps:
        step = batch.steps[-1]
        query = select(steps.c.status).where(steps.c.step_id == step.step_id)
        return connection.execute(query).scalar() == step.status.name
    if batch.items is not None:
        return is_written(connection, batch.run_id, batch.items)
    query = select(runs.c.status).where(runs.c.run_id == batch.run_id)
    return batch.run is not None and connection.execute(query).scalar() == batch.run.status.name


def _write(connection: Connection, batch: Batch) -> None:
    """Write the records of the run itself: what it staged and alerts have their own tables."""
    if batch.run is not None and not batch.is_of_new_run:
        connection.execute(_UPDATE_RUN, {"of_run": batch.run_id, **run_row(batch.run)})
    if batch.removed:
        connection.execute(steps.delete().where(steps.c.step_id.in_(batch.removed)))
    for step in batch.steps:
        _write_step(connection, step)
    if batch.items is not None:
        write_items(connection, batch.run_id, batch.items)
    if batch.events:
        connection.execute(_INSERT_EVENTS, [event_row(event) for event in batch.events])
    if batch.logs:
        connection.execute(_INSERT_LOGS, [log_row(line) for line in batch.logs])


def _write_step(connection: Connection, step: StepRecord) -> None:
    row = step_row(step)
    # the first state of a record is RUNNING, or SKIPPED for a step that never ran; RUNNING again after it waited
    if step.status is not StepStatus.RUNNING or step.transition.wake_at is not None:
        changed = connection.execute(
            _UPDATE_STEP, {"of_step": step.step_id, **{name: row[name] for name in STEP_ENDED}}
        )
        if changed.rowcount:
            return
    connection.execute(_INSERT_STEP, row)
