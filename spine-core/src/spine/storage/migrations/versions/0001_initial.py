"""All tables of the first version.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CURRENT_CAPTURES = """\
CREATE VIEW captures AS
SELECT * FROM core_captures AS current
WHERE revision = (
    SELECT max(revision) FROM core_captures AS other
    WHERE other.name = current.name AND other.partition_key = current.partition_key
)"""

TABLES = (
    "core_alert_channels",
    "core_alert_throttle",
    "core_alerts",
    "core_captures",
    "core_database_connections",
    "core_rejects",
    "core_schedules",
    "core_source_cache",
    "core_source_fetches",
    "core_sources",
    "core_workflow_runs",
    "core_alert_deliveries",
    "core_executions",
    "core_schedule_runs",
    "core_workflow_events",
    "core_workflow_steps",
)


def upgrade() -> None:
    op.create_table(
        "core_alert_channels",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("channel_type", sa.String(length=64), nullable=False),
        sa.Column("config", types.Json(), nullable=False),
        sa.Column("min_severity", sa.String(length=16), nullable=False),
        sa.Column("domains", types.Json(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("throttle_minutes", sa.Integer(), nullable=False),
        sa.Column("last_success_at", types.UtcDateTime(), nullable=True),
        sa.Column("last_failure_at", types.UtcDateTime(), nullable=True),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_alert_channels")),
    )
    op.create_table(
        "core_alert_throttle",
        sa.Column("fingerprint", types.AnyText(), nullable=False),
        sa.Column("channel_name", sa.String(length=200), nullable=False),
        sa.Column("last_sent_at", types.UtcDateTime(), nullable=False),
        sa.Column("send_count", sa.Integer(), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "channel_name", name=op.f("pk_core_alert_throttle")),
    )
    op.create_table(
        "core_alerts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("title", types.AnyText(), nullable=False),
        sa.Column("message", types.AnyText(), nullable=False),
        sa.Column("source", types.AnyText(), nullable=False),
        sa.Column("domain", types.AnyText(), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("execution_id", sa.String(length=64), nullable=True),
        sa.Column("error_category", sa.String(length=64), nullable=True),
        sa.Column("metadata", types.Json(), nullable=False),
        sa.Column("fingerprint", types.AnyText(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_alerts")),
    )
    op.create_index("ix_core_alerts_created", "core_alerts", ["created_at"], unique=False)
    op.create_index("ix_core_alerts_fingerprint", "core_alerts", ["fingerprint", "created_at"], unique=False)
    op.create_index("ix_core_alerts_run", "core_alerts", ["run_id"], unique=False)
    op.create_table(
        "core_captures",
        sa.Column("capture_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("domain", sa.String(length=200), nullable=True),
        sa.Column("partition_key", types.JsonKey(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("schema", types.Json(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("location", types.AnyText(), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("step_name", sa.String(length=200), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("captured_at", types.UtcDateTime(), nullable=False),
        sa.Column("metadata", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("capture_id", name=op.f("pk_core_captures")),
        sa.UniqueConstraint("name", "partition_key", "revision", name=op.f("uq_core_captures_name")),
    )
    op.create_index("ix_core_captures_run", "core_captures", ["run_id"], unique=False)
    op.create_table(
        "core_database_connections",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("dialect", sa.String(length=32), nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("database", sa.Text(), nullable=True),
        sa.Column("username", sa.String(length=200), nullable=True),
        sa.Column("password_ref", sa.Text(), nullable=True),
        sa.Column("last_connected_at", types.UtcDateTime(), nullable=True),
        sa.Column("last_error", types.AnyText(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_database_connections")),
    )
    op.create_table(
        "core_rejects",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("source_name", sa.String(length=200), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("location", types.AnyText(), nullable=True),
        sa.Column("line_number", sa.BigInteger(), nullable=True),
        sa.Column("raw", types.AnyText(), nullable=False),
        sa.Column("reason", types.AnyText(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_rejects")),
    )
    op.create_index("ix_core_rejects_run", "core_rejects", ["run_id"], unique=False)
    op.create_index("ix_core_rejects_source", "core_rejects", ["source_name", "created_at"], unique=False)
    op.create_table(
        "core_schedules",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("target_type", sa.String(length=16), nullable=False),
        sa.Column("target_name", sa.String(length=200), nullable=False),
        sa.Column("params", types.Json(), nullable=False),
        sa.Column("schedule_type", sa.String(length=16), nullable=False),
        sa.Column("cron_expression", sa.String(length=200), nullable=True),
        sa.Column("interval_seconds", sa.Float(), nullable=True),
        sa.Column("run_at", types.UtcDateTime(), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("max_instances", sa.Integer(), nullable=False),
        sa.Column("misfire_grace_seconds", sa.Float(), nullable=True),
        sa.Column("last_run_at", types.UtcDateTime(), nullable=True),
        sa.Column("next_run_at", types.UtcDateTime(), nullable=True),
        sa.Column("last_run_status", sa.String(length=16), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_schedules")),
        sa.UniqueConstraint("name", name=op.f("uq_core_schedules_name")),
    )
    op.create_index("ix_core_schedules_next", "core_schedules", ["enabled", "next_run_at"], unique=False)
    op.create_table(
        "core_source_cache",
        sa.Column("cache_key", sa.String(length=64), nullable=False),
        sa.Column("source_name", sa.String(length=200), nullable=False),
        sa.Column("source_locator", types.AnyText(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("etag", types.AnyText(), nullable=True),
        sa.Column("last_modified", types.AnyText(), nullable=True),
        sa.Column("fetched_at", types.UtcDateTime(), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("cache_key", name=op.f("pk_core_source_cache")),
    )
    op.create_index("ix_core_source_cache_source", "core_source_cache", ["source_name"], unique=False)
    op.create_table(
        "core_source_fetches",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("source_name", sa.String(length=200), nullable=False),
        sa.Column("source_type", sa.String(length=64), nullable=False),
        sa.Column("source_locator", types.AnyText(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("record_count", sa.BigInteger(), nullable=True),
        sa.Column("byte_count", sa.BigInteger(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("started_at", types.UtcDateTime(), nullable=False),
        sa.Column("completed_at", types.UtcDateTime(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("error", types.AnyText(), nullable=True),
        sa.Column("error_category", types.AnyText(), nullable=True),
        sa.Column("retry_count", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_source_fetches")),
    )
    op.create_index("ix_core_source_fetches_run", "core_source_fetches", ["run_id"], unique=False)
    op.create_index("ix_core_source_fetches_source", "core_source_fetches", ["source_name", "started_at"], unique=False)
    op.create_table(
        "core_sources",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source_type", sa.String(length=64), nullable=False),
        sa.Column("config", types.Json(), nullable=False),
        sa.Column("domain", sa.String(length=200), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_sources")),
        sa.UniqueConstraint("name", name=op.f("uq_core_sources_name")),
    )
    op.create_table(
        "core_workflow_runs",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("workflow_name", sa.String(length=200), nullable=False),
        sa.Column("workflow_version", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=200), nullable=False),
        sa.Column("partition_key", types.JsonKey(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("started_at", types.UtcDateTime(), nullable=True),
        sa.Column("completed_at", types.UtcDateTime(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("params", types.Json(), nullable=False),
        sa.Column("outputs", types.Json(), nullable=False),
        sa.Column("error", types.AnyText(), nullable=True),
        sa.Column("error_step", sa.String(length=200), nullable=True),
        sa.Column("error_category", types.AnyText(), nullable=True),
        sa.Column("error_retryable", sa.Boolean(), nullable=True),
        sa.Column("total_steps", sa.Integer(), nullable=False),
        sa.Column("completed_steps", sa.Integer(), nullable=False),
        sa.Column("failed_steps", sa.Integer(), nullable=False),
        sa.Column("skipped_steps", sa.Integer(), nullable=False),
        sa.Column("triggered_by", sa.String(length=32), nullable=False),
        sa.Column("parent_run_id", sa.String(length=64), nullable=True),
        sa.Column("schedule_id", sa.String(length=64), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("definition_hash", sa.String(length=64), nullable=False),
        sa.Column("lease_owner", sa.String(length=200), nullable=True),
        sa.Column("lease_expires_at", types.UtcDateTime(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_run_id"],
            ["core_workflow_runs.run_id"],
            name=op.f("fk_core_workflow_runs_parent_run_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_core_workflow_runs")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_core_workflow_runs_idempotency_key")),
    )
    op.create_index("ix_core_workflow_runs_completed", "core_workflow_runs", ["completed_at"], unique=False)
    op.create_index("ix_core_workflow_runs_parent", "core_workflow_runs", ["parent_run_id"], unique=False)
    op.create_index("ix_core_workflow_runs_started", "core_workflow_runs", ["started_at", "run_id"], unique=False)
    op.create_index("ix_core_workflow_runs_status", "core_workflow_runs", ["status", "started_at"], unique=False)
    op.create_index(
        "ix_core_workflow_runs_workflow", "core_workflow_runs", ["workflow_name", "started_at"], unique=False
    )
    op.create_table(
        "core_alert_deliveries",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("alert_id", sa.String(length=64), nullable=False),
        sa.Column("channel_name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("attempted_at", types.UtcDateTime(), nullable=True),
        sa.Column("delivered_at", types.UtcDateTime(), nullable=True),
        sa.Column("response", types.AnyText(), nullable=True),
        sa.Column("error", types.AnyText(), nullable=True),
        sa.Column("next_retry_at", types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["core_alerts.id"], name=op.f("fk_core_alert_deliveries_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_alert_deliveries")),
    )
    op.create_index("ix_core_alert_deliveries_alert", "core_alert_deliveries", ["alert_id"], unique=False)
    op.create_index(
        "ix_core_alert_deliveries_channel", "core_alert_deliveries", ["channel_name", "attempted_at"], unique=False
    )
    op.create_index(
        "ix_core_alert_deliveries_pending", "core_alert_deliveries", ["status", "next_retry_at"], unique=False
    )
    op.create_table(
        "core_executions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("pipeline", sa.String(length=200), nullable=False),
        sa.Column("params", types.Json(), nullable=False),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("trigger_source", sa.String(length=32), nullable=False),
        sa.Column("logical_key", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("started_at", types.UtcDateTime(), nullable=True),
        sa.Column("completed_at", types.UtcDateTime(), nullable=True),
        sa.Column("error", types.AnyText(), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("step_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["core_workflow_runs.run_id"], name=op.f("fk_core_executions_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_executions")),
    )
    op.create_index("ix_core_executions_created", "core_executions", ["created_at"], unique=False)
    op.create_index("ix_core_executions_pipeline", "core_executions", ["pipeline", "created_at"], unique=False)
    op.create_index("ix_core_executions_run", "core_executions", ["run_id"], unique=False)
    op.create_table(
        "core_schedule_runs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("schedule_id", sa.String(length=64), nullable=False),
        sa.Column("schedule_name", sa.String(length=200), nullable=False),
        sa.Column("scheduled_at", types.UtcDateTime(), nullable=False),
        sa.Column("started_at", types.UtcDateTime(), nullable=True),
        sa.Column("completed_at", types.UtcDateTime(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("error", types.AnyText(), nullable=True),
        sa.Column("skip_reason", types.AnyText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["core_workflow_runs.run_id"], name=op.f("fk_core_schedule_runs_run_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["core_schedules.id"], name=op.f("fk_core_schedule_runs_schedule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_schedule_runs")),
        sa.UniqueConstraint("schedule_id", "scheduled_at", name=op.f("uq_core_schedule_runs_schedule_id")),
    )
    op.create_index("ix_core_schedule_runs_run", "core_schedule_runs", ["run_id"], unique=False)
    op.create_index("ix_core_schedule_runs_status", "core_schedule_runs", ["status", "scheduled_at"], unique=False)
    op.create_table(
        "core_workflow_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("step_id", sa.String(length=64), nullable=True),
        sa.Column("event_type", sa.String(length=64), nullable=False),
        sa.Column("timestamp", types.UtcDateTime(), nullable=False),
        sa.Column("payload", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["core_workflow_runs.run_id"], name=op.f("fk_core_workflow_events_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_workflow_events")),
    )
    op.create_index("ix_core_workflow_events_run", "core_workflow_events", ["run_id", "id"], unique=False)
    op.create_table(
        "core_workflow_steps",
        sa.Column("step_id", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("step_name", sa.String(length=200), nullable=False),
        sa.Column("step_type", sa.String(length=64), nullable=False),
        sa.Column("step_order", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("started_at", types.UtcDateTime(), nullable=True),
        sa.Column("completed_at", types.UtcDateTime(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("params", types.Json(), nullable=False),
        sa.Column("outputs", types.Json(), nullable=False),
        sa.Column("error", types.AnyText(), nullable=True),
        sa.Column("error_category", types.AnyText(), nullable=True),
        sa.Column("row_count", sa.BigInteger(), nullable=True),
        sa.Column("metrics", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["core_workflow_runs.run_id"], name=op.f("fk_core_workflow_steps_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("step_id", name=op.f("pk_core_workflow_steps")),
        sa.UniqueConstraint("run_id", "step_name", "attempt", name=op.f("uq_core_workflow_steps_run_id")),
    )
    op.execute(CURRENT_CAPTURES)


def downgrade() -> None:
    op.execute("DROP VIEW captures")
    for table in reversed(TABLES):
        op.drop_table(table)
