"""Metrics of data: when sources were last fetched, and captures last written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from spine.framework.sources.fetches import FetchStatus
from spine.storage.metrics.family import Family, Sample
from spine.storage.metrics.scope import Scope
from spine.storage.tables.captures import captures
from spine.storage.tables.sources import source_fetches as fetches
from spine.storage.tables.sources import sources

_GOOD = [status.name for status in FetchStatus if status.is_good]
_NEWEST = 100  # fetches of a source, of which the last success is looked for


def data_families(scope: Scope) -> Iterator[Family]:
    """Yield the families of sources and captures; the age of data is the time of the reader less these."""
    of_source = (scope.history.own(fetches), fetches.c.source_name == bindparam("name"))
    names = scope.names("source", fetches.c.source_name, sources.c.name)
    last = _latest(scope, names, select(func.max(fetches.c.started_at)).where(*of_source))
    yield Family(
        "spine_source_last_fetch_timestamp_seconds",
        "gauge",
        "Time of the last fetch of a source, whatever its result.",
        [Sample({"source": name}, at.timestamp()) for name, at in last],
    )
    newest = (
        select(fetches.c.status, fetches.c.completed_at)
        .where(*of_source)
        .order_by(fetches.c.started_at.desc())
        .limit(_NEWEST)
        .subquery()
    )
    query = select(func.max(newest.c.completed_at)).where(newest.c.status.in_(_GOOD))
    good = _latest(scope, [name for name, _ in last], query)
    yield Family(
        "spine_source_last_success_timestamp_seconds",
        "gauge",
        f"Time of the last success among the newest {_NEWEST} fetches of a source.",
        [Sample({"source": name}, at.timestamp()) for name, at in good],
    )
    written = select(func.max(captures.c.captured_at)).where(
        scope.history.own(captures), captures.c.name == bindparam("name")
    )
    found = _latest(scope, scope.names("capture", captures.c.name), written)
    yield Family(
        "spine_capture_last_revision_timestamp_seconds",
        "gauge",
        "Time of the newest revision of a capture, in any partition.",
        [Sample({"capture": name}, at.timestamp()) for name, at in found],
    )


def _latest(scope: Scope, names: Sequence[str], query: Any) -> list[tuple[str, datetime]]:
    found = [(name, scope.connection.execute(query, {"name": name}).scalar()) for name in names]
    return [(name, at) for name, at in found if at is not None]
