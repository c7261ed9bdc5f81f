"""Workers that take runs from a run queue."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table

from spine.storage.tables.metadata import metadata, project_column
from spine.storage.types import AnyText, Json, Name, UtcDateTime

workers = Table(
    "core_workers",
    metadata,
    project_column(primary_key=True),
    Column("process", Name(200), primary_key=True),
    Column("folder", AnyText, nullable=False),
    Column("executor", Name(200), nullable=False),
    Column("queues", Json, nullable=False),
    Column("concurrency", Integer, nullable=False),
    Column("workflows", Json, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("stopping_at", UtcDateTime),
)
