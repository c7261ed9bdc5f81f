"""Causes of ticks, and events that were emitted: triggers beside time.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_KEY = "uq_core_schedule_runs_schedule_id"
_CAUSED = sa.text("cause <> ''")


def upgrade() -> None:
    """Add the columns, the indexes and the table."""
    with op.batch_alter_table("core_schedule_runs") as batch:
        batch.add_column(sa.Column("cause", sa.String(200), nullable=False, server_default=""))
        batch.add_column(sa.Column("facts", types.Json(), nullable=False, server_default="{}"))
        batch.drop_constraint(_KEY, type_="unique")
        batch.create_unique_constraint(_KEY, ["schedule_id", "scheduled_at", "cause"])
    op.create_index(
        "uq_core_schedule_runs_cause",
        "core_schedule_runs",
        ["schedule_id", "cause"],
        unique=True,
        sqlite_where=_CAUSED,
        postgresql_where=_CAUSED,
    )
    op.create_index("ix_core_captures_captured", "core_captures", ["project", "name", "captured_at"])
    op.create_table(
        "core_emitted_events",
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("values", types.Json(), nullable=False),
        sa.Column("emitted_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_emitted_events")),
        sa.UniqueConstraint("project", "name", "key", name=op.f("uq_core_emitted_events_project")),
    )
    op.create_index("ix_core_emitted_events_emitted", "core_emitted_events", ["project", "name", "emitted_at"])


def downgrade() -> None:
    """Drop them; the ticks that something caused are deleted, since two of them may have the same time."""
    op.drop_table("core_emitted_events")
    op.drop_index("ix_core_captures_captured", "core_captures")
    op.drop_index("uq_core_schedule_runs_cause", "core_schedule_runs")
    op.execute("DELETE FROM core_schedule_runs WHERE cause <> ''")
    with op.batch_alter_table("core_schedule_runs") as batch:
        batch.drop_constraint(_KEY, type_="unique")
        batch.create_unique_constraint(_KEY, ["schedule_id", "scheduled_at"])
        batch.drop_column("facts")
        batch.drop_column("cause")
