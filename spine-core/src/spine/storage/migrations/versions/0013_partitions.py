"""Partitions: one open run each, and backfills of many.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_OPEN = sa.text("status IN ('PENDING', 'RUNNING', 'WAITING')")


def upgrade() -> None:
    """Add the columns, their indexes, and the table."""
    op.add_column("core_workflow_runs", sa.Column("partition_lock", sa.String(64)))
    op.add_column("core_workflow_runs", sa.Column("backfill_id", sa.String(64)))
    op.create_index("ix_core_workflow_runs_lock", "core_workflow_runs", ["partition_lock", "completed_at"])
    op.create_index(
        "uq_core_workflow_runs_backfill", "core_workflow_runs", ["backfill_id", "partition_lock"], unique=True
    )
    op.create_index(
        "uq_core_workflow_runs_partition",
        "core_workflow_runs",
        ["project", "partition_lock"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "core_backfills",
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("workflow_name", sa.String(200), nullable=False),
        sa.Column("partitions", types.Json(), nullable=False),
        sa.Column("params", types.Json(), nullable=False),
        sa.Column("options", types.Json(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("completed_at", types.UtcDateTime()),
        sa.Column("cancel_requested_at", types.UtcDateTime()),
        sa.Column("counts", types.Json(), nullable=False),
        sa.Column("lease_owner", sa.String(200)),
        sa.Column("lease_expires_at", types.UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_backfills")),
    )
    op.create_index("ix_core_backfills_created", "core_backfills", ["project", "created_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("core_backfills")
    op.drop_index("uq_core_workflow_runs_partition", "core_workflow_runs")
    op.drop_index("uq_core_workflow_runs_backfill", "core_workflow_runs")
    op.drop_index("ix_core_workflow_runs_lock", "core_workflow_runs")
    op.drop_column("core_workflow_runs", "backfill_id")
    op.drop_column("core_workflow_runs", "partition_lock")
