"""Brings the tables into an empty store."""

from __future__ import annotations

from sqlalchemy import inspect

from spine.core.adapters.database import DatabaseAdapter
from spine.history.tables import metadata, runs


def ensure_schema(adapter: DatabaseAdapter) -> None:
    """Create the tables and the view if the store has none of them yet; safe when several processes do it at once."""
    with adapter.reader.connect() as connection:
        if inspect(connection).has_table(runs.name):
            return
    with adapter.engine.begin() as connection:
        if not inspect(connection).has_table(runs.name):
            metadata.create_all(connection, checkfirst=False)
