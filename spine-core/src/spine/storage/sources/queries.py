"""Queries over sources: the newest fetch of each, and rejected rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, func, select

from spine.framework.sources.fetches import FetchStatus
from spine.storage.history import History
from spine.storage.tables.sources import rejects, source_fetches

_GOOD = [status.name for status in FetchStatus if status.is_good]


def last_fetches(history: History) -> dict[str, dict[str, Any]]:
    """Return the newest fetch of each source, with the time of its newest good one as `good_at`."""
    return history.read(lambda connection: _last_fetches(connection, history))


def _last_fetches(connection: Connection, history: History) -> dict[str, dict[str, Any]]:
    fetches = source_fetches
    newest = (
        select(fetches.c.source_name, func.max(fetches.c.started_at).label("started_at"))
        .where(history.own(fetches))
        .group_by(fetches.c.source_name)
        .subquery()
    )
    is_newest = and_(fetches.c.source_name == newest.c.source_name, fetches.c.started_at == newest.c.started_at)
    query = select(fetches).join(newest, is_newest).where(history.own(fetches)).order_by(fetches.c.id)
    found = {row["source_name"]: dict(row) for row in connection.execute(query).mappings()}
    for name, row in found.items():
        row["good_at"] = row["started_at"] if row["status"] in _GOOD else _good_at(connection, history, name)
    return found


def _good_at(connection: Connection, history: History, name: str) -> Any:
    """Return the time of the newest good fetch of a source, or None."""
    fetches = source_fetches
    query = (
        select(fetches.c.started_at)
        .where(history.own(fetches), fetches.c.source_name == name, fetches.c.status.in_(_GOOD))
        .order_by(fetches.c.started_at.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()


def rejects_of(history: History, name: str, *, limit: int) -> list[dict[str, Any]]:
    """Return the newest rows that a source's fetches rejected first."""
    query = select(rejects).where(history.own(rejects), rejects.c.source_name == name)
    query = query.order_by(rejects.c.created_at.desc(), rejects.c.id.desc()).limit(limit)
    return history.read(lambda connection: [dict(row) for row in connection.execute(query).mappings()])


def reject_reasons(history: History, name: str, *, among: int) -> list[dict[str, Any]]:
    """Return the reasons of the newest rejected rows of a source with the number and the newest time of each."""
    newest = select(rejects.c.reason, rejects.c.created_at).where(history.own(rejects), rejects.c.source_name == name)
    newest_rows = newest.order_by(rejects.c.created_at.desc(), rejects.c.id.desc()).limit(among).subquery()
    number, last = func.count().label("rows"), func.max(newest_rows.c.created_at).label("last_at")
    query = select(newest_rows.c.reason, number, last).group_by(newest_rows.c.reason)
    query = query.order_by(number.desc(), newest_rows.c.reason)
    return history.read(lambda connection: [dict(row) for row in connection.execute(query).mappings()])
