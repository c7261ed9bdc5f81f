"""Incidents and silences of alerts, and a mark for deliveries of resolutions.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two tables and a column."""
    op.add_column(
        "core_alert_deliveries", sa.Column("resolves", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "core_alert_incidents",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("fingerprint", types.AnyText(), nullable=False),
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("alert_count", sa.Integer(), nullable=False),
        sa.Column("opened_at", types.UtcDateTime(), nullable=False),
        sa.Column("acknowledged_at", types.UtcDateTime()),
        sa.Column("resolved_at", types.UtcDateTime()),
    )
    op.create_index("ix_core_alert_incidents_fingerprint", "core_alert_incidents", ["fingerprint", "resolved_at"])
    op.create_table(
        "core_alert_silences",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("match", types.Json(), nullable=False),
        sa.Column("comment", types.AnyText(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("ends_at", types.UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("core_alert_silences")
    op.drop_table("core_alert_incidents")
    op.drop_column("core_alert_deliveries", "resolves")
