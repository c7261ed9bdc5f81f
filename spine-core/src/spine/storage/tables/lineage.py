"""Lineage: what steps read and wrote; and the results of the checks of contracts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table

from spine.storage.tables.metadata import metadata, project_column
from spine.storage.types import AnyText, Json, JsonKey, Name, UtcDateTime

lineage = Table(
    "core_lineage",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("run_id", Name(64), nullable=False),
    Column("step_name", Name(200)),
    Column("attempt", Integer),
    Column("direction", String(8), nullable=False),
    Column("kind", Name(32), nullable=False),
    Column("reference", Name(400), nullable=False),
    Column("content_hash", Name(64)),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_core_lineage_run", "run_id", "step_name"),
    Index("ix_core_lineage_reference", "reference", "direction"),
)

quality_results = Table(
    "core_quality_results",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("run_id", Name(64)),
    Column("step_name", Name(200)),
    Column("capture_id", Name(64)),
    Column("capture_name", Name(200), nullable=False),
    Column("partition_key", JsonKey, nullable=False),
    Column("contract", Name(200), nullable=False),
    Column("check_name", Name(400), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("observed", AnyText),
    Column("expected", AnyText),
    Column("failed_rows", BigInteger),
    Column("sample", Json),
    Column("checked_at", UtcDateTime, nullable=False),
    Index("ix_core_quality_results_run", "run_id"),
    Index("ix_core_quality_results_capture", "project", "capture_name", "checked_at"),
)
