"""Places of captures' files that the database refers to."""

from __future__ import annotations

from sqlalchemy import func, select

from spine.storage.history import History
from spine.storage.tables.captures import captures


def newest_locations(history: History, count: int) -> list[str]:
    """Return the places of the files of the project's newest captures, newest first."""
    query = (
        select(captures.c.location)
        .where(history.own(captures))
        .group_by(captures.c.location)
        .order_by(func.max(captures.c.captured_at).desc())
        .limit(count)
    )
    return list(history.read(lambda connection: connection.execute(query).scalars().all()))
