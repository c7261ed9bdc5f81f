"""Failures: the class of the error of runs, steps and items, and the place in the code that raised it.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = ("core_workflow_steps", "core_workflow_items")


def upgrade() -> None:
    """Add columns."""
    for table in (*_TABLES, "core_workflow_runs"):
        op.add_column(table, sa.Column("error_type", sa.String(200)))
    for table in _TABLES:
        op.add_column(table, sa.Column("failure", types.Json()))


def downgrade() -> None:
    """Drop them."""
    for table in _TABLES:
        op.drop_column(table, "failure")
    for table in ("core_workflow_runs", *reversed(_TABLES)):
        op.drop_column(table, "error_type")
