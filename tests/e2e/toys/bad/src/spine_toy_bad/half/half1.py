"""Revision that creates a table, and fails."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "half1"
down_revision = None


def upgrade() -> None:
    op.create_table("toy_half", sa.Column("id", sa.Integer, primary_key=True))
    raise RuntimeError("half-way")
