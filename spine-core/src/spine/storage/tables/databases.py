"""The named database connections of the project, without secrets."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from spine.storage.tables.metadata import metadata, project_column
from spine.storage.types import AnyText, Name, ShortText, UtcDateTime

database_connections = Table(
    "core_database_connections",
    metadata,
    project_column(primary_key=True),
    Column("name", Name(200), primary_key=True),
    Column("dialect", String(32), nullable=False),
    Column("host", Text),
    Column("port", Integer),
    Column("database", Text),
    Column("username", ShortText(200)),
    Column("password_ref", Text),
    Column("last_connected_at", UtcDateTime),
    Column("last_error", AnyText),
)
