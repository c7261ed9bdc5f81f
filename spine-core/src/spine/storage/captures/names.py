"""Names of captures."""

from __future__ import annotations

from sqlalchemy import func, select, text

from spine.storage.history import History
from spine.storage.tables.captures import IS_CURRENT, captures


def capture_names(history: History, containing: str, limit: int) -> list[str]:
    """Return the names of current captures with that text in them, in any case, sorted."""
    query = select(captures.c.name).where(history.own(captures), text(IS_CURRENT)).distinct()
    if containing:
        query = query.where(func.lower(captures.c.name).contains(containing.lower(), autoescape=True))
    with history.reader.connect() as connection:
        return list(connection.execute(query.order_by(captures.c.name).limit(limit)).scalars())
