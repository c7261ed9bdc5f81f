"""The tables of the history, all named `core_*`, and the view `captures`. Columns are described in docs/history.md."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from spine.history.types import AnyText, Json, JsonKey, UtcDateTime

metadata = MetaData()

_SERIAL = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER numbers itself on SQLite

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
    Column("definition_hash", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_core_workflow_runs_started", "started_at", "run_id"),
    Index("ix_core_workflow_runs_workflow", "workflow_name", "started_at"),
    Index("ix_core_workflow_runs_status", "status", "started_at"),
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
    UniqueConstraint("run_id", "step_name", "attempt"),
)

events = Table(
    "core_workflow_events",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE"), nullable=False),
    Column("step_id", String(64)),
    Column("event_type", String(64), nullable=False),
    Column("timestamp", UtcDateTime, nullable=False),
    Column("payload", Json, nullable=False),
    Index("ix_core_workflow_events_run", "run_id", "id"),
)

captures = Table(
    "core_captures",
    metadata,
    Column("capture_id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("domain", String(200)),
    Column("partition_key", JsonKey, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("schema", Json, nullable=False),
    Column("row_count", BigInteger, nullable=False),
    Column("byte_count", BigInteger, nullable=False),
    Column("location", AnyText, nullable=False),
    Column("run_id", String(64)),
    Column("step_name", String(200)),
    Column("attempt", Integer),
    Column("captured_at", UtcDateTime, nullable=False),
    Column("metadata", Json, nullable=False),
    UniqueConstraint("name", "partition_key", "revision"),
    Index("ix_core_captures_run", "run_id"),
)

source_fetches = Table(
    "core_source_fetches",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("source_name", String(200), nullable=False),
    Column("source_type", String(64), nullable=False),
    Column("source_locator", AnyText),
    Column("status", String(16), nullable=False),
    Column("record_count", BigInteger),
    Column("byte_count", BigInteger),
    Column("content_hash", String(64)),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("started_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Column("duration_ms", BigInteger),
    Column("error", AnyText),
    Column("error_category", AnyText),
    Column("retry_count", Integer, nullable=False),
    Column("run_id", String(64)),
    Index("ix_core_source_fetches_source", "source_name", "started_at"),
    Index("ix_core_source_fetches_run", "run_id"),
)

rejects = Table(
    "core_rejects",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("source_name", String(200), nullable=False),
    Column("run_id", String(64)),
    Column("location", AnyText),
    Column("line_number", BigInteger),
    Column("raw", AnyText, nullable=False),
    Column("reason", AnyText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_core_rejects_run", "run_id"),
    Index("ix_core_rejects_source", "source_name", "created_at"),
)

CURRENT_CAPTURES = """\
CREATE VIEW captures AS
SELECT * FROM core_captures AS current
WHERE revision = (
    SELECT max(revision) FROM core_captures AS other
    WHERE other.name = current.name AND other.partition_key = current.partition_key
)"""

event.listen(metadata, "after_create", DDL(CURRENT_CAPTURES))  # type: ignore[no-untyped-call]  # SQLAlchemy's own
