"""Kinds of databases that can hold the history: those that its tables and statements are written for."""

from __future__ import annotations

from spine.core.errors import ConfigError
from spine.db.adapter import DatabaseAdapter

DIALECTS = ("postgresql", "sqlite")
"""Names of SQLAlchemy's dialects; an adapter of a plugin that uses one of them can hold the history too."""


def check_dialect(adapter: DatabaseAdapter) -> None:
    """Raise a ConfigError unless the history can be in this database."""
    url, _ = adapter.engine_arguments()
    if url.get_backend_name() not in DIALECTS:
        raise ConfigError(
            f"[spine] database: a database of type {adapter.db_type} cannot hold the history, {' and '.join(DIALECTS)} "
            f"can: set one of these there, and use {adapter.location} as a named database in [databases]"
        )
