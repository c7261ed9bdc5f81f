"""Lineage and results of contracts; the business date and the mode of captures.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_VIEW = """\
CREATE VIEW captures AS
SELECT * FROM core_captures AS current
WHERE revision = (
    SELECT max(revision) FROM core_captures AS other
    WHERE other.project = current.project
    AND other.name = current.name AND other.partition_key = current.partition_key
)"""


def upgrade() -> None:
    """Add the columns and the tables."""
    op.execute("DROP VIEW captures")  # PostgreSQL keeps the columns that it was made with
    op.add_column("core_captures", sa.Column("business_date", sa.Date()))
    op.add_column("core_captures", sa.Column("mode", sa.String(16), nullable=False, server_default="replace"))
    op.execute(_VIEW)
    op.create_table(
        "core_lineage",
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("step_name", sa.String(200)),
        sa.Column("attempt", sa.Integer()),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("reference", sa.String(400), nullable=False),
        sa.Column("content_hash", sa.String(64)),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_lineage")),
    )
    op.create_index("ix_core_lineage_run", "core_lineage", ["run_id", "step_name"])
    op.create_index("ix_core_lineage_reference", "core_lineage", ["reference", "direction"])
    op.create_table(
        "core_quality_results",
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("run_id", sa.String(64)),
        sa.Column("step_name", sa.String(200)),
        sa.Column("capture_id", sa.String(64)),
        sa.Column("capture_name", sa.String(200), nullable=False),
        sa.Column("partition_key", types.JsonKey(), nullable=False),
        sa.Column("contract", sa.String(200), nullable=False),
        sa.Column("check_name", sa.String(400), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("observed", sa.Text()),
        sa.Column("expected", sa.Text()),
        sa.Column("failed_rows", sa.BigInteger()),
        sa.Column("sample", types.Json()),
        sa.Column("checked_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_quality_results")),
    )
    op.create_index("ix_core_quality_results_run", "core_quality_results", ["run_id"])
    columns = ["project", "capture_name", "checked_at"]
    op.create_index("ix_core_quality_results_capture", "core_quality_results", columns)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("core_quality_results")
    op.drop_table("core_lineage")
    op.execute("DROP VIEW captures")
    op.drop_column("core_captures", "mode")
    op.drop_column("core_captures", "business_date")
    op.execute(_VIEW)
