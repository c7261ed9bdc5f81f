"""Runs the migrations on the connection that `spine.storage.migrate` hands over."""

from __future__ import annotations

from alembic import context

from spine.storage.migrate import VERSION_TABLE
from spine.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
context.run_migrations()
