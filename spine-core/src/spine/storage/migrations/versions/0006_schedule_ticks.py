"""State of schedules: the definition, the last tick, and the pause.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns."""
    for column in _columns():
        op.add_column("core_schedules", column)


def downgrade() -> None:
    """Drop them."""
    for column in reversed(_columns()):
        op.drop_column("core_schedules", column.name)


def _columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("definition", types.Json(), nullable=False, server_default="{}"),
        sa.Column("declared", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("paused_at", types.UtcDateTime()),
        sa.Column("last_tick_at", types.UtcDateTime()),
    )
