"""Runs the migrations on the connection that `spine.history.schema` hands over."""

from __future__ import annotations

from alembic import context

from spine.history.schema import VERSION_TABLE
from spine.history.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
context.run_migrations()
