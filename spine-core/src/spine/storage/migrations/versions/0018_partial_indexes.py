"""Indexes of runs that have a parent, a partition or a backfill hold only these: most runs have none.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_RUNS = "core_workflow_runs"
_INDEXES = (
    ("ix_core_workflow_runs_parent", ["parent_run_id"], False),
    ("ix_core_workflow_runs_lock", ["partition_lock", "completed_at"], False),
    ("uq_core_workflow_runs_backfill", ["backfill_id", "partition_lock"], True),
)


def upgrade() -> None:
    """Make the indexes anew, each for the rows with a value in its first column."""
    for name, columns, is_unique in _INDEXES:
        has_value = sa.text(f"{columns[0]} IS NOT NULL")
        op.drop_index(name, _RUNS)
        op.create_index(name, _RUNS, columns, unique=is_unique, sqlite_where=has_value, postgresql_where=has_value)


def downgrade() -> None:
    """Make them for all rows."""
    for name, columns, is_unique in _INDEXES:
        op.drop_index(name, _RUNS)
        op.create_index(name, _RUNS, columns, unique=is_unique)
