"""Tables of the board in the database of the project."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, String, Table

metadata = MetaData()

tokens = Table(
    "board_tokens",
    metadata,
    Column("project", String(200), primary_key=True),  # the name of the project in the database, '' without one
    Column("name", String(200), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", String(40), nullable=False),  # ISO 8601, in UTC
)
