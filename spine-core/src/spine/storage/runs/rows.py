"""Runs, steps, items, events and logs as rows of their tables, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import fields
from sqlalchemy import RowMapping

from spine.orchestration.events import RunEvent
from spine.orchestration.records import LEASE_FIELDS, ItemRecord, LogRecord, RunRecord, StepRecord
from spine.orchestration.resumption import ExecutionState, Transition
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.storage.types import of_row

_RUN_FIELDS = tuple(item.name for item in fields(RunRecord))
_STEP_FIELDS = tuple(item.name for item in fields(StepRecord))
_ITEM_FIELDS = tuple(item.name for item in fields(ItemRecord))
_LOG_FIELDS = tuple(item.name for item in fields(LogRecord))
_WRITTEN = tuple(name for name in _RUN_FIELDS if name not in {*LEASE_FIELDS, "partition", "status"})
RUN_COLUMNS = (*_WRITTEN, "partition_key", "status", "duration_ms")  # of a row that `run_row` returns
STEP_ENDED = (  # columns of a step that change at its end
    "status",
    "completed_at",
    "duration_ms",
    "outputs",
    "error",
    "error_category",
    "error_type",
    "failure",
    "row_count",
    "metrics",
    "transition",
)
RUN_ENDED = (  # columns of a run that change at its end
    "status",
    "outcome",
    "completed_at",
    "duration_ms",
    "outputs",
    "wake_at",
    "error",
    "error_step",
    "error_category",
    "error_type",
    "error_retryable",
    "completed_steps",
    "failed_steps",
    "skipped_steps",
)
RUN_COMPLETED = (  # of one that did not fail, among those columns
    "status",
    "outcome",
    "completed_at",
    "duration_ms",
    "outputs",
    "completed_steps",
    "failed_steps",
    "skipped_steps",
)
RUN_STARTED = ("status", "started_at")  # columns of a prepared run that change at its start
STEP_COMPLETED = ("status", "completed_at", "duration_ms", "outputs", "row_count", "metrics", "transition")
STEP_STARTED = (  # columns of a step with a value at its start
    "step_id",
    "run_id",
    "step_name",
    "step_type",
    "step_order",
    "attempt",
    "max_attempts",
    "status",
    "started_at",
    "params",
    "first_attempt",
    "sequence",
    "transition",
)
_STEP_WRITTEN = tuple(name for name in _STEP_FIELDS if name != "status")


def run_row(run: RunRecord) -> dict[str, Any]:
    """Return the columns that the run's owner writes."""
    row = {name: getattr(run, name) for name in _WRITTEN}
    row["outputs"] = {step: dict(output) for step, output in run.outputs.items()}
    row["execution"] = run.execution.to_dict()
    return {**row, "partition_key": run.partition, "status": run.status.name, "duration_ms": run.duration_ms}


@of_row
def run_of(row: RowMapping | Mapping[str, Any]) -> RunRecord:
    values = dict(row) | {"partition": row["partition_key"], "status": WorkflowStatus[row["status"]]}
    values["execution"] = ExecutionState.from_dict(row["execution"])
    return RunRecord(**{name: values[name] for name in _RUN_FIELDS})


def step_row(step: StepRecord) -> dict[str, Any]:
    row = {name: getattr(step, name) for name in _STEP_WRITTEN}
    row["status"], row["duration_ms"] = step.status.name, step.duration_ms
    row["transition"] = step.transition.to_dict()
    return row


@of_row
def step_of(row: RowMapping) -> StepRecord:
    values = dict(row) | {"status": StepStatus[row["status"]], "transition": Transition.from_dict(row["transition"])}
    return StepRecord(**{name: values[name] for name in _STEP_FIELDS})


@of_row
def item_of(row: RowMapping) -> ItemRecord:
    from spine.storage.runs.item_columns import with_item  # few runs have items

    values = with_item(dict(row)) | {"status": StepStatus[row["status"]]}
    return ItemRecord(**{name: values[name] for name in _ITEM_FIELDS})


def event_row(event: RunEvent) -> dict[str, Any]:
    return {
        "run_id": event.run_id,
        "step_id": event.step_id,
        "event_type": event.event_type,
        "timestamp": event.timestamp,
        "payload": event.payload,
    }


def log_row(record: LogRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _LOG_FIELDS}


@of_row
def log_of(row: RowMapping) -> LogRecord:
    return LogRecord(**{name: row[name] for name in _LOG_FIELDS})
