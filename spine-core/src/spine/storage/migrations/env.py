"""Runs migrations, core's own and those of plugins, on the connection that `spine.storage.migrate` passes."""

from __future__ import annotations

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=given["metadata"],
    version_table=given["version_table"],
    transactional_ddl=True,
    render_as_batch=True,  # SQLite changes a table by recreating it
)
context.run_migrations()
