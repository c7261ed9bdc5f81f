"""The table of jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "toy1"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "toy_jobs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("not_before", sa.Float),
    )


def downgrade() -> None:
    op.drop_table("toy_jobs")
