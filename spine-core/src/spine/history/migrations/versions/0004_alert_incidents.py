"""What the outbox of alerts needs: incidents, silences, claims of deliveries and the channel to fall back to.

Revision ID: 0004
Revises: 0002
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from spine.history import types

revision = "0004"
down_revision = "0002"  # becomes "0003" when core_source_state is merged
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns to alerts, deliveries and channels, and two tables."""
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_core_alerts_incident", "core_alerts", ["incident_id"])
    op.create_table(
        "core_alert_incidents",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("incident_key", sa.String(80), nullable=False),
        sa.Column("fingerprint", types.AnyText(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("alert_count", sa.Integer(), nullable=False),
        sa.Column("opened_at", types.UtcDateTime(), nullable=False),
        sa.Column("last_alert_at", types.UtcDateTime(), nullable=False),
        sa.Column("acknowledged_at", types.UtcDateTime()),
        sa.Column("resolved_at", types.UtcDateTime()),
    )
    op.create_index("ix_core_alert_incidents_key", "core_alert_incidents", ["incident_key", "status"])
    op.create_table(
        "core_alert_silences",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("matchers", types.Json(), nullable=False),
        sa.Column("comment", types.AnyText()),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("ends_at", types.UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("core_alert_silences")
    op.drop_table("core_alert_incidents")
    op.drop_index("ix_core_alerts_incident", "core_alerts")
    for table, columns in _columns().items():
        for column in reversed(columns):
            op.drop_column(table, column.name)


def _columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "core_alert_channels": (sa.Column("fallback", sa.String(200)),),
        "core_alerts": (
            sa.Column("error", types.AnyText()),
            sa.Column("incident_id", sa.String(64)),
            sa.Column("at_run_end", sa.Boolean(), nullable=False, server_default=sa.text("false")),
            sa.Column("resolved_at", types.UtcDateTime()),
        ),
        "core_alert_deliveries": (
            sa.Column("kind", sa.String(16), nullable=False, server_default="FIRING"),
            sa.Column("suppressed_count", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("fallback_for", sa.String(200)),
            sa.Column("claimed_by", sa.String(200)),
            sa.Column("claimed_until", types.UtcDateTime()),
        ),
    }
