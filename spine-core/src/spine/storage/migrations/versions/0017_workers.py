"""Workers; the queue and the priority of runs, and requests to park them.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("core_workflow_runs", sa.Column("queue", sa.String(64), nullable=False, server_default="default"))
    op.add_column("core_workflow_runs", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("core_workflow_runs", sa.Column("park_requested_at", types.UtcDateTime()))
    op.create_table(
        "core_workers",
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("process", sa.String(200), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("executor", sa.String(200), nullable=False),
        sa.Column("queues", types.Json(), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("workflows", types.Json(), nullable=False),
        sa.Column("started_at", types.UtcDateTime(), nullable=False),
        sa.Column("seen_at", types.UtcDateTime(), nullable=False),
        sa.Column("stopping_at", types.UtcDateTime()),
        sa.PrimaryKeyConstraint("project", "process", name=op.f("pk_core_workers")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("core_workers")
    for column in ("park_requested_at", "priority", "queue"):
        op.drop_column("core_workflow_runs", column)
