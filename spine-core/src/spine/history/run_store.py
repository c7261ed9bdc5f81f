"""Runs, steps and events in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import fields
from sqlalchemy import Connection, RowMapping, Table, insert, select, update

from spine.core.adapters.database import DatabaseAdapter
from spine.core.clock import utc_now
from spine.framework.captures import Capture
from spine.framework.rejects import Reject
from spine.history.capture_store import insert_captures
from spine.history.persistence import persistently
from spine.history.reject_store import insert_rejects
from spine.history.tables import events, runs, steps
from spine.orchestration.records import Batch, RunEvent, RunRecord, StepRecord
from spine.orchestration.status import StepStatus, WorkflowStatus


class SqlRunStore:
    """A RunStore; a batch is one transaction."""

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter

    def commit(self, batch: Batch) -> None:
        persistently(lambda is_retry: self._commit(batch, is_retry))

    def _commit(self, batch: Batch, is_retry: bool) -> None:
        with self._adapter.engine.begin() as connection:
            if is_retry and _is_committed(connection, batch):
                return
            if batch.run is not None:
                _write(connection, runs, "run_id", _run_row(batch.run))
            for step in batch.steps:
                _write(connection, steps, "step_id", _step_row(step), is_new=step.status is StepStatus.RUNNING)
            if batch.events:
                connection.execute(insert(events), [_event_row(event) for event in batch.events])
            commit_staged(self._adapter, connection, batch.staged)

    def get_run(self, run_id: str) -> RunRecord | None:
        with self._adapter.reader.connect() as connection:
            row = connection.execute(select(runs).where(runs.c.run_id == run_id)).mappings().one_or_none()
        return _run(row) if row else None

    def list_steps(self, run_id: str) -> list[StepRecord]:
        in_order = (steps.c.started_at.is_(None), steps.c.started_at, steps.c.step_id)  # skipped steps last
        query = select(steps).where(steps.c.run_id == run_id).order_by(*in_order)
        with self._adapter.reader.connect() as connection:
            return [_step(row) for row in connection.execute(query).mappings()]

    def list_events(self, run_id: str) -> list[RunEvent]:
        query = select(events).where(events.c.run_id == run_id).order_by(events.c.id)
        with self._adapter.reader.connect() as connection:
            found = connection.execute(query).fetchall()
        return [RunEvent(row.run_id, row.event_type, row.step_id, row.timestamp, row.payload) for row in found]


class SqlStagedStore:
    """Commits what a pipeline outside of a workflow left behind, in one transaction."""

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter

    def commit(self, staged: Sequence[Capture | Reject]) -> None:
        with self._adapter.engine.begin() as connection:
            commit_staged(self._adapter, connection, staged)


def commit_staged(adapter: DatabaseAdapter, connection: Connection, staged: Sequence[Capture | Reject]) -> None:
    """Write captures and rejects inside the transaction of `connection`."""
    insert_captures(adapter, connection, [record for record in staged if isinstance(record, Capture)])
    insert_rejects(connection, [record for record in staged if isinstance(record, Reject)])


def _is_committed(connection: Connection, batch: Batch) -> bool:
    """Whether the try before went through, although its answer was lost."""
    if batch.steps:
        step = batch.steps[-1]
        query = select(steps.c.status).where(steps.c.step_id == step.step_id)
        return connection.execute(query).scalar() == step.status.name
    query = select(runs.c.status).where(runs.c.run_id == batch.run_id)
    return batch.run is not None and connection.execute(query).scalar() == batch.run.status.name


def _write(connection: Connection, table: Table, key: str, row: dict[str, Any], *, is_new: bool = False) -> None:
    if not is_new:
        changed = connection.execute(update(table).where(table.c[key] == row[key]).values(row))
        if changed.rowcount:
            return
    if "created_at" in table.c:
        row["created_at"] = utc_now()
    connection.execute(insert(table).values(row))


def _run_row(run: RunRecord) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "workflow_name": run.workflow_name,
        "workflow_version": run.workflow_version,
        "domain": run.domain,
        "partition_key": run.partition,
        "status": run.status.name,
        "outcome": run.outcome,
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "duration_ms": run.duration_ms,
        "params": run.params,
        "outputs": run.outputs,
        "error": run.error,
        "error_step": run.error_step,
        "error_category": run.error_category,
        "error_retryable": run.error_retryable,
        "total_steps": run.total_steps,
        "completed_steps": run.completed_steps,
        "failed_steps": run.failed_steps,
        "skipped_steps": run.skipped_steps,
        "triggered_by": run.triggered_by,
        "definition_hash": run.definition_hash,
    }


def _run(row: RowMapping) -> RunRecord:
    values = dict(row) | {"partition": row["partition_key"], "status": WorkflowStatus[row["status"]]}
    return RunRecord(**{item.name: values[item.name] for item in fields(RunRecord)})


def _step_row(step: StepRecord) -> dict[str, Any]:
    return {
        "step_id": step.step_id,
        "run_id": step.run_id,
        "step_name": step.step_name,
        "step_type": step.step_type,
        "step_order": step.step_order,
        "attempt": step.attempt,
        "max_attempts": step.max_attempts,
        "status": step.status.name,
        "started_at": step.started_at,
        "completed_at": step.completed_at,
        "duration_ms": step.duration_ms,
        "params": step.params,
        "outputs": step.outputs,
        "error": step.error,
        "error_category": step.error_category,
        "row_count": step.row_count,
        "metrics": step.metrics,
    }


def _step(row: RowMapping) -> StepRecord:
    values = dict(row) | {"status": StepStatus[row["status"]]}
    return StepRecord(**{item.name: values[item.name] for item in fields(StepRecord)})


def _event_row(event: RunEvent) -> dict[str, Any]:
    return {
        "run_id": event.run_id,
        "step_id": event.step_id,
        "event_type": event.event_type,
        "timestamp": event.timestamp,
        "payload": event.payload,
    }
