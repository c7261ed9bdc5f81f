"""Tables of the board in the database of the project."""

from __future__ import annotations

from sqlalchemy import Column, Index, MetaData, String, Table, Text

metadata = MetaData()

actions = Table(
    "board_actions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("project", String(200), nullable=False),
    Column("at", String(40), nullable=False),  # ISO 8601, in UTC
    Column("by", String(200), nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", Text, nullable=False),
    Column("run_id", String(64)),
    Column("refusal", Text),  # the error, where the action was not possible
    Index("ix_board_actions_at", "project", "at"),
)

tokens = Table(
    "board_tokens",
    metadata,
    Column("project", String(200), primary_key=True),  # the name of the project in the database, '' without one
    Column("name", String(200), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", String(40), nullable=False),  # ISO 8601, in UTC
)
