"""Cursors of incremental sources.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "core_source_state",
        sa.Column("source_name", sa.String(200), primary_key=True),
        sa.Column("value", types.Json(), nullable=False),
        sa.Column("run_id", sa.String(64)),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("core_source_state")
