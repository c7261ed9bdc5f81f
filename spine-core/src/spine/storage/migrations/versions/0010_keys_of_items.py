"""Keys of map items, by which a further attempt recognizes them.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("core_workflow_items", sa.Column("item_key", sa.String(32)))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("core_workflow_items", "item_key")
