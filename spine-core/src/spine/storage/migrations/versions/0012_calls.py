"""Calls of project code for schedules: a process that ends in one leaves its row.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "core_schedule_calls",
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("schedule_id", sa.String(64), nullable=False),
        sa.Column("process", sa.String(200), nullable=False),
        sa.Column("begun_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["core_schedules.id"],
            name=op.f("fk_core_schedule_calls_schedule_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("schedule_id", "process", name=op.f("pk_core_schedule_calls")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("core_schedule_calls")
