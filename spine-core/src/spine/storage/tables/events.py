"""Events that commands and schedulers emit, each once for a name and key."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, UniqueConstraint

from spine.storage.tables.metadata import metadata, project_column
from spine.storage.types import Json, Name, UtcDateTime

emitted_events = Table(
    "core_emitted_events",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("name", Name(200), nullable=False),
    Column("key", Name(200), nullable=False),
    Column("values", Json, nullable=False),
    Column("emitted_at", UtcDateTime, nullable=False),
    UniqueConstraint("project", "name", "key"),
    Index("ix_core_emitted_events_emitted", "project", "name", "emitted_at"),
)
