"""Projects: each row of runs, schedules, captures, sources and alerts has its own; schedules that are gone; schedulers.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from alembic.operations import BatchOperations

from spine.storage import types
from spine.storage.migrate import StoreVersionError

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# by table: the unique constraint or primary key that belongs to a project from now on
KEYS: dict[str, tuple[str, list[str]] | None] = {
    "core_alert_channels": ("pk_core_alert_channels", ["name"]),
    "core_alert_throttle": ("pk_core_alert_throttle", ["fingerprint", "channel_name"]),
    "core_source_cache": ("pk_core_source_cache", ["cache_key"]),
    "core_source_state": ("pk_core_source_state", ["source_name"]),
    "core_database_connections": ("pk_core_database_connections", ["name"]),
    "core_workflow_runs": ("uq_core_workflow_runs_idempotency_key", ["idempotency_key"]),
    "core_schedules": ("uq_core_schedules_name", ["name"]),
    "core_captures": ("uq_core_captures_name", ["name", "partition_key", "revision"]),
    "core_sources": ("uq_core_sources_name", ["name"]),
    "core_executions": None,
    "core_schedule_runs": None,
    "core_source_fetches": None,
    "core_rejects": None,
    "core_alerts": None,
    "core_alert_deliveries": None,
    "core_alert_incidents": None,
    "core_alert_silences": None,
}
INDEXES = {
    "ix_core_alerts_created": ("core_alerts", ["created_at"]),
    "ix_core_alerts_fingerprint": ("core_alerts", ["fingerprint", "created_at"]),
    "ix_core_alert_deliveries_pending": ("core_alert_deliveries", ["status", "next_retry_at"]),
    "ix_core_alert_deliveries_channel": ("core_alert_deliveries", ["channel_name", "attempted_at"]),
    "ix_core_alert_incidents_fingerprint": ("core_alert_incidents", ["fingerprint", "resolved_at"]),
    "ix_core_workflow_runs_started": ("core_workflow_runs", ["started_at", "run_id"]),
    "ix_core_workflow_runs_workflow": ("core_workflow_runs", ["workflow_name", "started_at"]),
    "ix_core_workflow_runs_status": ("core_workflow_runs", ["status", "started_at"]),
    "ix_core_workflow_runs_completed": ("core_workflow_runs", ["completed_at"]),
    "ix_core_executions_pipeline": ("core_executions", ["pipeline", "created_at"]),
    "ix_core_executions_created": ("core_executions", ["created_at"]),
    "ix_core_schedules_next": ("core_schedules", ["enabled", "next_run_at"]),
    "ix_core_schedule_runs_status": ("core_schedule_runs", ["status", "scheduled_at"]),
    "ix_core_source_fetches_source": ("core_source_fetches", ["source_name", "started_at"]),
    "ix_core_source_cache_source": ("core_source_cache", ["source_name"]),
    "ix_core_rejects_source": ("core_rejects", ["source_name", "created_at"]),
}
CURRENT_CAPTURES = """\
CREATE VIEW captures AS
SELECT * FROM core_captures AS current
WHERE revision = (
    SELECT max(revision) FROM core_captures AS other
    WHERE {same_project}other.name = current.name AND other.partition_key = current.partition_key
)"""


def upgrade() -> None:
    """Add the columns, with the project that upgrades in all rows, and a table."""
    op.execute("DROP VIEW captures")
    for name, (table, _columns) in INDEXES.items():
        op.drop_index(name, table)
    for table, key in KEYS.items():
        op.add_column(table, sa.Column("project", sa.String(200), nullable=False, server_default=""))
        rows = sa.table(table, sa.column("project"))
        op.execute(rows.update().values(project=context.config.attributes.get("project", "")))
        with op.batch_alter_table(table) as batch:
            batch.alter_column("project", existing_type=sa.String(200), existing_nullable=False, server_default=None)
            if key is not None:
                _replace_key(batch, table, key[0], ["project", *key[1]])
    op.add_column("core_schedules", sa.Column("gone_at", types.UtcDateTime()))
    op.add_column("core_executions", sa.Column("process", sa.String(200)))
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, ["project", *columns])
    op.create_table(
        "core_schedulers",
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("process", sa.String(200), nullable=False),
        sa.Column("folder", types.AnyText(), nullable=False),
        sa.Column("declared_hash", sa.String(64), nullable=False),
        sa.Column("started_at", types.UtcDateTime(), nullable=False),
        sa.Column("seen_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("project", "process", name=op.f("pk_core_schedulers")),
    )
    op.execute(CURRENT_CAPTURES.format(same_project="other.project = current.project AND "))


def downgrade() -> None:
    """Drop them; a StoreVersionError if there are rows of several projects, which could not be told apart."""
    _refuse_several()
    op.execute("DROP VIEW captures")
    op.drop_table("core_schedulers")
    for name, (table, _columns) in INDEXES.items():
        op.drop_index(name, table)
    op.drop_column("core_schedules", "gone_at")
    op.drop_column("core_executions", "process")
    for table, key in KEYS.items():
        with op.batch_alter_table(table) as batch:
            if key is not None:
                _replace_key(batch, table, key[0], key[1], before=["project", *key[1]])
            batch.drop_column("project")
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    op.execute(CURRENT_CAPTURES.format(same_project=""))


def _replace_key(
    batch: BatchOperations, table: str, name: str, columns: list[str], before: list[str] | None = None
) -> None:
    kind = "primary" if name.startswith("pk_") else "unique"
    old, new = name, name if kind == "primary" else f"uq_{table}_{columns[0]}"
    if before is not None and kind == "unique":
        old = f"uq_{table}_{before[0]}"
    batch.drop_constraint(old, type_=kind)
    if kind == "primary":
        batch.create_primary_key(new, columns)
    else:
        batch.create_unique_constraint(new, columns)


def _refuse_several() -> None:
    found = set()
    for table in KEYS:
        column: sa.ColumnClause[str] = sa.column("project")
        found |= set(op.get_bind().execute(sa.select(column).select_from(sa.table(table, column)).distinct()).scalars())
    if len(found) > 1:
        names = ", ".join(repr(name) for name in sorted(found))
        raise StoreVersionError(f"version 0010 holds one project, and there are rows of {names}: keep version 0011")
