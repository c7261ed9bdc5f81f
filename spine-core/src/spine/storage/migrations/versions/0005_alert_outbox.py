"""Columns for the outbox of alerts: claims of deliveries, grouping, fallbacks, and the incident of an alert.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INCIDENTS = """
UPDATE core_alerts SET incident_id = (
    SELECT id FROM core_alert_incidents AS incident
    WHERE incident.fingerprint = core_alerts.fingerprint AND incident.resolved_at IS NULL
      AND incident.opened_at <= core_alerts.created_at
)
"""


def upgrade() -> None:
    """Add columns; deliveries of resolutions get the kind RESOLVED."""
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.execute("UPDATE core_alert_deliveries SET kind = 'RESOLVED' WHERE resolves")
    op.drop_column("core_alert_deliveries", "resolves")
    op.execute(_INCIDENTS)
    op.create_index("ix_core_alerts_incident", "core_alerts", ["incident_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_core_alerts_incident", "core_alerts")
    op.add_column(
        "core_alert_deliveries", sa.Column("resolves", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute("UPDATE core_alert_deliveries SET resolves = (kind = 'RESOLVED')")
    for table, columns in _columns().items():
        for column in reversed(columns):
            op.drop_column(table, column.name)


def _columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "core_alert_channels": (sa.Column("fallback", sa.String(200)),),
        "core_alerts": (
            sa.Column("error", types.AnyText()),
            sa.Column("incident_id", sa.String(64)),
            sa.Column("at_run_end", sa.Boolean(), nullable=False, server_default=sa.false()),
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
