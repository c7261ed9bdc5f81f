"""Captures, and the view of the current revision of each, in all projects."""

from __future__ import annotations

from sqlalchemy import DDL, BigInteger, Column, Index, Integer, String, Table, UniqueConstraint, event

from spine.storage.tables.metadata import metadata, project_column
from spine.storage.types import AnyText, Json, JsonKey, UtcDateTime

captures = Table(
    "core_captures",
    metadata,
    project_column(),
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
    UniqueConstraint("project", "name", "partition_key", "revision"),
    Index("ix_core_captures_run", "run_id"),
)

CURRENT_CAPTURES = """\
CREATE VIEW captures AS
SELECT * FROM core_captures AS current
WHERE revision = (
    SELECT max(revision) FROM core_captures AS other
    WHERE other.project = current.project
    AND other.name = current.name AND other.partition_key = current.partition_key
)"""

event.listen(captures, "after_create", DDL(CURRENT_CAPTURES))  # type: ignore[no-untyped-call]  # SQLAlchemy's own
