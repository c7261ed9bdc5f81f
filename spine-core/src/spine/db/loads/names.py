"""Names in statements that SQLAlchemy has no construct for, quoted whatever they contain."""

from __future__ import annotations

from sqlalchemy import TableClause

from spine.db.connection import Connection


def quoted(connection: Connection, name: str) -> str:
    """Return a name as the database quotes it."""
    preparer = connection.raw.dialect.identifier_preparer
    escaped = name.replace(preparer.escape_quote, preparer.escape_to_quote)
    return f"{preparer.initial_quote}{escaped}{preparer.final_quote}"


def quoted_table(connection: Connection, table: TableClause) -> str:
    """Return the name of a table, with its schema if it has one."""
    parts = filter(None, [table.schema, table.name])
    return ".".join(quoted(connection, str(part)) for part in parts)


def quoted_list(connection: Connection, names: list[str]) -> str:
    """Return names, separated by commas."""
    return ", ".join(quoted(connection, name) for name in names)
