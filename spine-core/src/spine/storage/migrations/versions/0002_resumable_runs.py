"""Schema for resuming runs: leases with a fence, the order of steps, map items, definitions, limits and logs.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("core_run_logs", "core_run_limits", "core_workflow_definitions", "core_workflow_items")


def upgrade() -> None:
    """Add columns to runs and steps, and four tables."""
    for column in (
        sa.Column("fence", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("wake_at", types.UtcDateTime()),
        sa.Column("cancel_requested_at", types.UtcDateTime()),
        sa.Column("execution", types.Json(), nullable=False, server_default="{}"),
    ):
        op.add_column("core_workflow_runs", column)
    for column in (
        sa.Column("first_attempt", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("transition", types.Json(), nullable=False, server_default="{}"),
    ):
        op.add_column("core_workflow_steps", column)
    op.create_table(
        "core_workflow_items",
        _run_id(),
        sa.Column("step_name", sa.String(200), nullable=False),
        sa.Column("first_attempt", sa.Integer(), nullable=False),
        sa.Column("item_index", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("started_at", types.UtcDateTime(), nullable=False),
        sa.Column("completed_at", types.UtcDateTime(), nullable=False),
        sa.Column("output", types.Json()),
        sa.Column("error", types.AnyText()),
        sa.Column("error_category", types.AnyText()),
        sa.Column("error_retryable", sa.Boolean()),
        sa.PrimaryKeyConstraint("run_id", "step_name", "first_attempt", "item_index"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "core_workflow_definitions",
        sa.Column("definition_hash", sa.String(64), primary_key=True),
        sa.Column("definition", types.Json(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
    )
    op.create_table(
        "core_run_limits",
        sa.Column("name", sa.String(200), nullable=False),
        _run_id(),
        sa.PrimaryKeyConstraint("name", "run_id"),
    )
    op.create_table(
        "core_run_logs",
        sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
        _run_id(),
        sa.Column("step_name", sa.String(200)),
        sa.Column("attempt", sa.Integer()),
        sa.Column("timestamp", types.UtcDateTime(), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("logger", types.AnyText(), nullable=False),
        sa.Column("message", types.AnyText(), nullable=False),
    )
    op.create_index("ix_core_run_logs_run", "core_run_logs", ["run_id", "id"])


def downgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_table(table)
    for column in ("transition", "sequence", "first_attempt"):
        op.drop_column("core_workflow_steps", column)
    for column in ("execution", "cancel_requested_at", "wake_at", "fence"):
        op.drop_column("core_workflow_runs", column)


def _run_id() -> sa.Column[str]:
    return sa.Column(
        "run_id",
        sa.String(64),
        sa.ForeignKey("core_workflow_runs.run_id", ondelete="CASCADE"),
        nullable=False,
    )
