"""Types of sources and channels from plugins: any name, so the columns get the width of names.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("core_sources", "source_type"),
    ("core_source_fetches", "source_type"),
    ("core_alert_channels", "channel_type"),
)


def upgrade() -> None:
    """Widen the columns."""
    _resize(64, 200)


def downgrade() -> None:
    """Narrow them; PostgreSQL refuses where a row has a longer type."""
    _resize(200, 64)


def _resize(before: int, after: int) -> None:
    for table, column in _COLUMNS:
        with op.batch_alter_table(table) as batch:  # SQLite can only copy the table
            batch.alter_column(column, existing_type=sa.String(before), type_=sa.String(after), existing_nullable=False)
