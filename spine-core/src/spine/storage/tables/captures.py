"""Captures, and the view of the current revision of each, in all projects."""

from __future__ import annotations

from sqlalchemy import DDL, BigInteger, Column, Date, Index, Integer, String, Table, UniqueConstraint, event

from spine.storage.tables.metadata import metadata, partial_index, project_column
from spine.storage.types import AnyText, Json, JsonKey, Name, UtcDateTime

IS_CURRENT = "replaced_at IS NULL"

captures = Table(
    "core_captures",
    metadata,
    project_column(),
    Column("capture_id", Name(64), primary_key=True),
    Column("name", Name(200), nullable=False),
    Column("domain", Name(200)),
    Column("partition_key", JsonKey, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("content_hash", Name(64), nullable=False),
    Column("schema", Json, nullable=False),
    Column("row_count", BigInteger, nullable=False),
    Column("byte_count", BigInteger, nullable=False),
    Column("location", AnyText, nullable=False),
    Column("run_id", Name(64)),
    Column("step_name", Name(200)),
    Column("attempt", Integer),
    Column("captured_at", UtcDateTime, nullable=False),
    Column("metadata", Json, nullable=False),
    Column("business_date", Date),
    Column("mode", String(16), nullable=False, server_default="replace"),
    Column("replaced_at", UtcDateTime),
    UniqueConstraint("project", "name", "partition_key", "revision"),
    Index("ix_core_captures_run", "run_id"),
    Index("ix_core_captures_captured", "project", "name", "captured_at"),
    partial_index(
        "uq_core_captures_current",
        "project",
        "name",
        "partition_key",
        where=IS_CURRENT,
        unique=True,
    ),
)

CURRENT_CAPTURES = "CREATE VIEW captures AS SELECT * FROM core_captures WHERE replaced_at IS NULL"

event.listen(captures, "after_create", DDL(CURRENT_CAPTURES))  # type: ignore[no-untyped-call]  # SQLAlchemy's own
