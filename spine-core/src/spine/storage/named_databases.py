"""The project's named databases, as the history remembers them: never with a password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from spine.core.clock import utc_now
from spine.db.adapter import DatabaseAdapter
from spine.storage.tables.databases import database_connections

_COLUMNS = ("host", "port", "database", "username")


def record_connection(
    store: DatabaseAdapter, name: str, dialect: str, options: Mapping[str, Any], error: Exception | None
) -> None:
    """Write down that a named database was connected to, or why not; `options` are as in `spine.toml`, unresolved."""
    row: dict[str, Any] = {
        column: value if isinstance(value := options.get(column), (str, int)) else _reference(value)
        for column in _COLUMNS
    }
    row |= {"dialect": dialect, "password_ref": _reference(options.get("password"))}
    row |= {"last_error": str(error)} if error else {"last_connected_at": utc_now(), "last_error": None}
    with store.engine.begin() as connection:
        known = connection.execute(update(database_connections).where(database_connections.c.name == name).values(row))
        if not known.rowcount:
            connection.execute(insert(database_connections).values(name=name, **row))


def list_connections(store: DatabaseAdapter) -> list[dict[str, Any]]:
    """Return what is known of every named database, by name."""
    query = select(database_connections).order_by(database_connections.c.name)
    with store.reader.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _reference(value: Any) -> str | None:
    """Return `env:NAME` or `file:PATH` for a reference, None for anything else: a literal password least of all."""
    if isinstance(value, Mapping):
        return next((f"{kind}:{value[kind]}" for kind in ("env", "file") if kind in value), None)
    return None
