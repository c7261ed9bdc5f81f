"""Runs of workflows, the attempts of their steps, their events, and executions of single pipelines."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from spine.storage.tables.metadata import SERIAL, metadata, partial_index, project_column
from spine.storage.types import AnyText, Json, JsonKey, Name, ShortText, UtcDateTime

IS_OPEN = "status IN ('PENDING', 'RUNNING', 'WAITING')"  # WorkflowStatus.is_open, for an index


def _partial(name: str, *columns: str, unique: bool = False) -> Index:
    """Return an index of the rows with a value in the first of `columns`, where most rows have none."""
    return partial_index(name, *columns, where=f"{columns[0]} IS NOT NULL", unique=unique)


runs = Table(
    "core_workflow_runs",
    metadata,
    project_column(),
    Column("run_id", Name(64), primary_key=True),
    Column("workflow_name", Name(200), nullable=False),
    Column("workflow_version", Integer, nullable=False),
    Column("domain", Name(200), nullable=False, default=""),
    Column("partition_key", JsonKey, nullable=False),
    Column("status", String(16), nullable=False),
    Column("outcome", String(32)),
    Column("started_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Column("duration_ms", BigInteger),
    Column("params", Json, nullable=False),
    Column("outputs", Json, nullable=False),
    Column("error", AnyText),
    Column("error_step", Name(200)),
    Column("error_category", AnyText),
    Column("error_retryable", Boolean),
    Column("total_steps", Integer, nullable=False),
    Column("completed_steps", Integer, nullable=False),
    Column("failed_steps", Integer, nullable=False),
    Column("skipped_steps", Integer, nullable=False),
    Column("triggered_by", String(32), nullable=False),
    Column("parent_run_id", ForeignKey("core_workflow_runs.run_id", ondelete="SET NULL")),
    Column("schedule_id", Name(64)),
    Column("idempotency_key", Name(200)),
    Column("definition_hash", Name(64), nullable=False),
    Column("lease_owner", Name(200)),
    Column("lease_expires_at", UtcDateTime),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("wake_at", UtcDateTime),
    Column("cancel_requested_at", UtcDateTime),
    Column("execution", Json, nullable=False, server_default="{}"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("error_type", ShortText(200)),
    Column("partition_lock", Name(64)),
    Column("backfill_id", Name(64)),
    Column("queue", Name(64), nullable=False, server_default="default"),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("park_requested_at", UtcDateTime),
    UniqueConstraint("project", "idempotency_key"),
    Index("ix_core_workflow_runs_started", "project", "started_at", "run_id"),
    Index("ix_core_workflow_runs_workflow", "project", "workflow_name", "started_at"),
    Index("ix_core_workflow_runs_status", "project", "status", "started_at", "run_id"),
    partial_index(
        "ix_core_workflow_runs_completed",
        "project",
        "completed_at",
        where="completed_at IS NOT NULL",
    ),
    _partial("ix_core_workflow_runs_parent", "parent_run_id"),
    _partial("ix_core_workflow_runs_lock", "partition_lock", "completed_at"),
    _partial("uq_core_workflow_runs_backfill", "backfill_id", "partition_lock", unique=True),
    partial_index(
        "uq_core_workflow_runs_partition",
        "project",
        "partition_lock",
        where=f"partition_lock IS NOT NULL AND {IS_OPEN}",
        unique=True,
    ),
)

steps = Table(
    "core_workflow_steps",
    metadata,
    Column("step_id", Name(64), primary_key=True),
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE"), nullable=False),
    Column("step_name", Name(200), nullable=False),
    Column("step_type", Name(64), nullable=False),
    Column("step_order", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("started_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Column("duration_ms", BigInteger),
    Column("params", Json, nullable=False),
    Column("outputs", Json, nullable=False),
    Column("error", AnyText),
    Column("error_category", AnyText),
    Column("row_count", BigInteger),
    Column("metrics", Json, nullable=False),
    Column("first_attempt", Integer, nullable=False, server_default="1"),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("transition", Json, nullable=False, server_default="{}"),
    Column("error_type", ShortText(200)),
    Column("failure", Json),
    UniqueConstraint("run_id", "step_name", "attempt"),
)

items = Table(
    "core_workflow_items",
    metadata,
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE"), primary_key=True),
    Column("step_name", Name(200), primary_key=True),
    Column("first_attempt", Integer, primary_key=True),
    Column("item_index", Integer, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime, nullable=False),
    Column("output", Json),
    Column("error", AnyText),
    Column("error_category", AnyText),
    Column("error_retryable", Boolean),
    Column("error_type", ShortText(200)),
    Column("failure", Json),
    Column("item_key", String(32)),
    sqlite_with_rowid=False,
)

definitions = Table(
    "core_workflow_definitions",
    metadata,
    Column("definition_hash", Name(64), primary_key=True),
    Column("definition", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

limits = Table(
    "core_run_limits",
    metadata,
    Column("name", Name(200), primary_key=True),
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE"), primary_key=True),
)

logs = Table(
    "core_run_logs",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE"), nullable=False),
    Column("step_name", Name(200)),
    Column("attempt", Integer),
    Column("timestamp", UtcDateTime, nullable=False),
    Column("level", ShortText(16), nullable=False),
    Column("logger", AnyText, nullable=False),
    Column("message", AnyText, nullable=False),
    Index("ix_core_run_logs_run", "run_id", "id"),
)

events = Table(
    "core_workflow_events",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE"), nullable=False),
    Column("step_id", Name(64)),
    Column("event_type", Name(64), nullable=False),
    Column("timestamp", UtcDateTime, nullable=False),
    Column("payload", Json, nullable=False),
    Index("ix_core_workflow_events_run", "run_id", "id"),
)

executions = Table(
    "core_executions",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("pipeline", Name(200), nullable=False),
    Column("params", Json, nullable=False),
    Column("lane", String(16), nullable=False),
    Column("trigger_source", String(32), nullable=False),
    Column("logical_key", Name(200)),
    Column("status", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Column("error", AnyText),
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE")),
    Column("step_id", Name(64)),
    Column("process", Name(200)),
    Index("ix_core_executions_pipeline", "project", "pipeline", "created_at"),
    Index("ix_core_executions_created", "project", "created_at"),
    Index("ix_core_executions_run", "run_id"),
)
