"""Backfills: runs of many partitions of one workflow."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from spine.storage.tables.metadata import metadata, project_column
from spine.storage.types import Json, Name, UtcDateTime

backfills = Table(
    "core_backfills",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("workflow_name", Name(200), nullable=False),
    Column("partitions", Json, nullable=False),
    Column("params", Json, nullable=False),
    Column("options", Json, nullable=False),
    Column("status", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Column("cancel_requested_at", UtcDateTime),
    Column("counts", Json, nullable=False),
    Column("lease_owner", Name(200)),
    Column("lease_expires_at", UtcDateTime),
    Index("ix_core_backfills_created", "project", "created_at"),
)
