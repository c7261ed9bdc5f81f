"""The project's named databases in the history, without passwords."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from spine.core.clock import utc_now
from spine.core.kept_text import kept_text
from spine.storage.history import History
from spine.storage.retry import persistently
from spine.storage.tables.databases import database_connections

_COLUMNS = ("host", "port", "database", "username")


def record_connection(
    history: History, name: str, dialect: str, options: Mapping[str, Any], error: Exception | None
) -> None:
    """Record a connection to a named database, or its error; `options` are as in `spine.toml`, unresolved."""
    row: dict[str, Any] = {
        column: value if isinstance(value := options.get(column), (str, int)) else _reference(value)
        for column in _COLUMNS
    }
    row |= {"dialect": dialect, "password_ref": _reference(options.get("password"))}
    row |= {"last_error": kept_text(str(error))} if error else {"last_connected_at": utc_now(), "last_error": None}

    def once(_is_retry: bool) -> None:
        with history.engine.begin() as connection:
            same = (history.own(database_connections), database_connections.c.name == name)
            known = connection.execute(update(database_connections).where(*same).values(row))
            if not known.rowcount:
                connection.execute(insert(database_connections).values(project=history.project, name=name, **row))

    persistently(once)


def list_connections(history: History) -> list[dict[str, Any]]:
    """Return the rows of all named databases, by name."""
    query = select(database_connections).where(history.own(database_connections))
    query = query.order_by(database_connections.c.name)
    with history.reader.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _reference(value: Any) -> str | None:
    """Return `env:NAME` or `file:PATH` for a reference, None for anything else, such as a literal password."""
    if isinstance(value, Mapping):
        return next((f"{kind}:{value[kind]}" for kind in ("env", "file") if kind in value), None)
    return None
