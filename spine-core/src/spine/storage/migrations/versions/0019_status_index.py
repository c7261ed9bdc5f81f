"""The index of runs by status has their order; those of partitions and of ends hold no run without a value.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_RUNS = "core_workflow_runs"
_STATUS = "ix_core_workflow_runs_status"
_PARTITION = "uq_core_workflow_runs_partition"
_COMPLETED = "ix_core_workflow_runs_completed"
_IS_OPEN = "status IN ('PENDING', 'RUNNING', 'WAITING')"


def upgrade() -> None:
    """Make the indexes anew."""
    _drop()
    op.create_index(_STATUS, _RUNS, ["project", "status", "started_at", "run_id"])
    _create(_PARTITION, ["project", "partition_lock"], f"partition_lock IS NOT NULL AND {_IS_OPEN}", unique=True)
    _create(_COMPLETED, ["project", "completed_at"], "completed_at IS NOT NULL")


def downgrade() -> None:
    """Make the indexes as they were."""
    _drop()
    op.create_index(_STATUS, _RUNS, ["project", "status", "started_at"])
    _create(_PARTITION, ["project", "partition_lock"], _IS_OPEN, unique=True)
    op.create_index(_COMPLETED, _RUNS, ["project", "completed_at"])


def _drop() -> None:
    for name in (_STATUS, _PARTITION, _COMPLETED):
        op.drop_index(name, _RUNS)


def _create(name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    rows = sa.text(where)
    op.create_index(name, _RUNS, columns, unique=unique, sqlite_where=rows, postgresql_where=rows)
