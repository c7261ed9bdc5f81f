"""The tables and functions of Procrastinate 3.10, in a schema of their own.

Revision ID: 0001
"""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

from spine_executor_procrastinate.schema import SCHEMA, in_schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the schema with them; another database has no queue, and the executor refuses it."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
    with in_schema(connection):
        whole = connection.execution_options(no_parameters=True)  # many statements, with percent signs
        whole.exec_driver_sql(SchemaManager.get_schema())


def downgrade() -> None:
    """Drop the schema."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
