"""Alerts: the error as data, why an alert is not sent, and the pause of a channel that limits its rate.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns."""
    op.add_column("core_alert_channels", sa.Column("paused_until", types.UtcDateTime()))
    op.add_column("core_alerts", sa.Column("failure", types.Json()))
    op.add_column("core_alerts", sa.Column("unrouted", types.AnyText()))
    op.add_column("core_alert_deliveries", sa.Column("reason", types.AnyText()))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("core_alert_deliveries", "reason")
    op.drop_column("core_alerts", "unrouted")
    op.drop_column("core_alerts", "failure")
    op.drop_column("core_alert_channels", "paused_until")
