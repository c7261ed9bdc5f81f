"""Metrics of data: when sources were last fetched, and captures last written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import CTE, func, select

from spine.framework.sources.fetches import FetchStatus
from spine.storage.metrics.family import Family, Sample
from spine.storage.metrics.reading import NEWEST, Reading
from spine.storage.tables.captures import captures
from spine.storage.tables.sources import source_fetches as fetches

_GOOD = [status.name for status in FetchStatus if status.is_good]


def data_families(reading: Reading) -> Iterator[Family]:
    """Yield the families of sources and captures; the age of data is the time of the reader less these."""
    yield from _source_families(reading)

    def last_revision(found: CTE) -> Any:
        mine = (reading.history.own(captures), captures.c.name == found.c.name)
        return select(func.max(captures.c.captured_at)).where(*mine).scalar_subquery()

    written = reading.each("capture", captures.c.name, last_revision)
    yield Family(
        "spine_capture_last_revision_timestamp_seconds",
        "gauge",
        "Time of the newest revision of a capture, in any partition.",
        [Sample({"capture": name}, at.timestamp()) for name, at in written if at is not None],
    )


def _source_families(reading: Reading) -> Iterator[Family]:
    def last_fetch(found: CTE) -> Any:
        mine = (reading.history.own(fetches), fetches.c.source_name == found.c.name)
        return select(func.max(fetches.c.started_at)).where(*mine).scalar_subquery()

    def last_success(found: CTE) -> Any:
        mine = (reading.history.own(fetches), fetches.c.source_name == found.c.name)
        newest = select(fetches.c.status, fetches.c.completed_at).where(*mine).order_by(fetches.c.started_at.desc())
        these = newest.limit(NEWEST).correlate(found).subquery().c
        return select(func.max(these.completed_at)).where(these.status.in_(_GOOD)).scalar_subquery()

    rows = reading.each("source", fetches.c.source_name, last_fetch, last_success)
    yield Family(
        "spine_source_last_fetch_timestamp_seconds",
        "gauge",
        "Time of the last fetch of a source, whatever its result.",
        [Sample({"source": name}, at.timestamp()) for name, at, _ in rows if at is not None],
    )
    yield Family(
        "spine_source_last_success_timestamp_seconds",
        "gauge",
        f"Time of the last success among the newest {NEWEST} fetches of a source.",
        [Sample({"source": name}, at.timestamp()) for name, _, at in rows if at is not None],
    )
