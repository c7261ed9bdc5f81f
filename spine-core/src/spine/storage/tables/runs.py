"""Runs of workflows, the attempts of their steps, their events, and executions of single pipelines."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from spine.storage.tables.metadata import SERIAL, metadata
from spine.storage.types import AnyText, Json, JsonKey, UtcDateTime

runs = Table(
    "core_workflow_runs",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("workflow_name", String(200), nullable=False),
    Column("workflow_version", Integer, nullable=False),
    Column("domain", String(200), nullable=False, default=""),
    Column("partition_key", JsonKey, nullable=False),
    Column("status", String(16), nullable=False),
    Column("outcome", String(32)),
    Column("started_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Column("duration_ms", BigInteger),
    Column("params", Json, nullable=False),
    Column("outputs", Json, nullable=False),
    Column("error", AnyText),
    Column("error_step", String(200)),
    Column("error_category", AnyText),
    Column("error_retryable", Boolean),
    Column("total_steps", Integer, nullable=False),
    Column("completed_steps", Integer, nullable=False),
    Column("failed_steps", Integer, nullable=False),
    Column("skipped_steps", Integer, nullable=False),
    Column("triggered_by", String(32), nullable=False),
    Column("parent_run_id", ForeignKey("core_workflow_runs.run_id", ondelete="SET NULL")),
    Column("schedule_id", String(64)),
    Column("idempotency_key", String(200), unique=True),
    Column("definition_hash", String(64), nullable=False),
    Column("lease_owner", String(200)),
    Column("lease_expires_at", UtcDateTime),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("wake_at", UtcDateTime),
    Column("cancel_requested_at", UtcDateTime),
    Column("execution", Json, nullable=False, server_default="{}"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("error_type", String(200)),
    Index("ix_core_workflow_runs_started", "started_at", "run_id"),
    Index("ix_core_workflow_runs_workflow", "workflow_name", "started_at"),
    Index("ix_core_workflow_runs_status", "status", "started_at"),
    Index("ix_core_workflow_runs_completed", "completed_at"),
    Index("ix_core_workflow_runs_parent", "parent_run_id"),
)

steps = Table(
    "core_workflow_steps",
    metadata,
    Column("step_id", String(64), primary_key=True),
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE"), nullable=False),
    Column("step_name", String(200), nullable=False),
    Column("step_type", String(64), nullable=False),
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
    Column("error_type", String(200)),
    Column("failure", Json),
    UniqueConstraint("run_id", "step_name", "attempt"),
)

items = Table(
    "core_workflow_items",
    metadata,
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE"), primary_key=True),
    Column("step_name", String(200), primary_key=True),
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
    Column("error_type", String(200)),
    Column("failure", Json),
    Column("item_key", String(32)),
    sqlite_with_rowid=False,
)

definitions = Table(
    "core_workflow_definitions",
    metadata,
    Column("definition_hash", String(64), primary_key=True),
    Column("definition", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

limits = Table(
    "core_run_limits",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE"), primary_key=True),
)

logs = Table(
    "core_run_logs",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE"), nullable=False),
    Column("step_name", String(200)),
    Column("attempt", Integer),
    Column("timestamp", UtcDateTime, nullable=False),
    Column("level", String(16), nullable=False),
    Column("logger", AnyText, nullable=False),
    Column("message", AnyText, nullable=False),
    Index("ix_core_run_logs_run", "run_id", "id"),
)

events = Table(
    "core_workflow_events",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE"), nullable=False),
    Column("step_id", String(64)),
    Column("event_type", String(64), nullable=False),
    Column("timestamp", UtcDateTime, nullable=False),
    Column("payload", Json, nullable=False),
    Index("ix_core_workflow_events_run", "run_id", "id"),
)

executions = Table(
    "core_executions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("pipeline", String(200), nullable=False),
    Column("params", Json, nullable=False),
    Column("lane", String(16), nullable=False),
    Column("trigger_source", String(32), nullable=False),
    Column("logical_key", String(200)),
    Column("status", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Column("error", AnyText),
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE")),
    Column("step_id", String(64)),
    Index("ix_core_executions_pipeline", "pipeline", "created_at"),
    Index("ix_core_executions_created", "created_at"),
    Index("ix_core_executions_run", "run_id"),
)
