"""The time at which a revision of a capture was replaced: current ones have none, and an index of their own.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spine.storage import types

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_CURRENT = sa.text("replaced_at IS NULL")

_VIEW = "CREATE VIEW captures AS SELECT * FROM core_captures WHERE replaced_at IS NULL"

_VIEW_BEFORE = """\
CREATE VIEW captures AS
SELECT * FROM core_captures AS current
WHERE revision = (
    SELECT max(revision) FROM core_captures AS other
    WHERE other.project = current.project
    AND other.name = current.name AND other.partition_key = current.partition_key
)"""

_FILL = """\
UPDATE core_captures SET replaced_at = ordered.newer_at
FROM (
    SELECT capture_id, lead(captured_at) OVER (PARTITION BY project, name, partition_key ORDER BY revision) AS newer_at
    FROM core_captures
) AS ordered
WHERE ordered.capture_id = core_captures.capture_id AND ordered.newer_at IS NOT NULL"""


def upgrade() -> None:
    """Add the column, filled from the next revision of each, and the index."""
    op.execute("DROP VIEW captures")  # PostgreSQL keeps the columns that it was made with
    op.add_column("core_captures", sa.Column("replaced_at", types.UtcDateTime()))
    op.execute(_FILL)
    op.create_index(
        "uq_core_captures_current",
        "core_captures",
        ["project", "name", "partition_key"],
        unique=True,
        sqlite_where=_CURRENT,
        postgresql_where=_CURRENT,
    )
    op.execute(_VIEW)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP VIEW captures")
    op.drop_index("uq_core_captures_current", "core_captures")
    op.drop_column("core_captures", "replaced_at")
    op.execute(_VIEW_BEFORE)
