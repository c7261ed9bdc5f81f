"""Sources, their fetches, and rejected rows."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from spine.storage.tables.metadata import metadata, project_column
from spine.storage.types import AnyText, Json, Name, UtcDateTime

sources = Table(
    "core_sources",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("name", Name(200), nullable=False),
    Column("source_type", Name(200), nullable=False),
    Column("config", Json, nullable=False),
    Column("domain", Name(200)),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("project", "name"),
)

source_fetches = Table(
    "core_source_fetches",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("source_name", Name(200), nullable=False),
    Column("source_type", Name(200), nullable=False),
    Column("source_locator", AnyText),
    Column("status", String(16), nullable=False),
    Column("record_count", BigInteger),
    Column("byte_count", BigInteger),
    Column("content_hash", Name(64)),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("started_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Column("duration_ms", BigInteger),
    Column("error", AnyText),
    Column("error_category", AnyText),
    Column("retry_count", Integer, nullable=False),
    Column("run_id", Name(64)),
    Index("ix_core_source_fetches_source", "project", "source_name", "started_at"),
    Index("ix_core_source_fetches_run", "run_id"),
)

source_cache = Table(
    "core_source_cache",
    metadata,
    project_column(primary_key=True),
    Column("cache_key", Name(64), primary_key=True),
    Column("source_name", Name(200), nullable=False),
    Column("source_locator", AnyText),
    Column("content_hash", Name(64)),
    Column("etag", AnyText),
    Column("last_modified", AnyText),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Index("ix_core_source_cache_source", "project", "source_name"),
)

source_state = Table(
    "core_source_state",
    metadata,
    project_column(primary_key=True),
    Column("source_name", Name(200), primary_key=True),
    Column("value", Json, nullable=False),
    Column("run_id", Name(64)),
    Column("updated_at", UtcDateTime, nullable=False),
)

rejects = Table(
    "core_rejects",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("source_name", Name(200), nullable=False),
    Column("run_id", Name(64)),
    Column("location", AnyText),
    Column("line_number", BigInteger),
    Column("raw", AnyText, nullable=False),
    Column("reason", AnyText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_core_rejects_run", "run_id"),
    Index("ix_core_rejects_source", "project", "source_name", "created_at"),
)
