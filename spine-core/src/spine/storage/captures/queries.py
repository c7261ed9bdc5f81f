"""Queries over captures: names, current revisions, the revisions of one partition, and checks over revisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import case, func, select

from spine.framework.captures import Capture
from spine.framework.captures.revision import normalize_partition
from spine.storage.captures.store import capture_of
from spine.storage.history import History
from spine.storage.tables.captures import captures
from spine.storage.tables.lineage import quality_results


def capture_names(history: History) -> list[dict[str, Any]]:
    """Return a row for each name: its partitions, revisions, and the size and time of its current revisions."""
    is_current = captures.c.replaced_at.is_(None)
    current = {
        name: func.sum(case((is_current, captures.c[name]), else_=0)).label(name)
        for name in ("row_count", "byte_count")
    }
    query = (
        select(
            captures.c.name,
            func.max(captures.c.domain).label("domain"),
            func.sum(case((is_current, 1), else_=0)).label("partitions"),
            func.count().label("revisions"),
            *current.values(),
            func.max(captures.c.captured_at).label("captured_at"),
        )
        .where(history.own(captures))
        .group_by(captures.c.name)
        .order_by(captures.c.name)
    )
    rows = history.read(lambda connection: connection.execute(query).mappings().all())
    counts = ("partitions", "row_count", "byte_count")  # PostgreSQL sums to a decimal
    return [{**row, **{name: int(row[name]) for name in counts}} for row in rows]


def current_captures(history: History, name: str, *, limit: int) -> list[Capture]:
    """Return the current revision of each partition of a capture, the newest first."""
    query = (
        select(captures)
        .where(history.own(captures), captures.c.name == name, captures.c.replaced_at.is_(None))
        .order_by(captures.c.captured_at.desc(), captures.c.capture_id)
        .limit(limit)
    )
    rows = history.read(lambda connection: connection.execute(query).mappings().all())
    return [capture_of(row) for row in rows]


def revisions(history: History, name: str, partition: Mapping[str, Any], *, limit: int) -> list[Capture]:
    """Return the newest revisions of one partition first."""
    query = (
        select(captures)
        .where(history.own(captures), captures.c.name == name)
        .where(captures.c.partition_key == normalize_partition(partition))
        .order_by(captures.c.revision.desc())
        .limit(limit)
    )
    rows = history.read(lambda connection: connection.execute(query).mappings().all())
    return [capture_of(row) for row in rows]


def checks(history: History, name: str, partition: Mapping[str, Any], *, limit: int) -> list[dict[str, Any]]:
    """Return the newest results of the checks on one partition of a capture first."""
    query = (
        select(quality_results)
        .where(history.own(quality_results), quality_results.c.capture_name == name)
        .where(quality_results.c.partition_key == normalize_partition(partition))
        .order_by(quality_results.c.checked_at.desc(), quality_results.c.id.desc())
        .limit(limit)
    )
    rows = history.read(lambda connection: connection.execute(query).mappings().all())
    return [dict(row) for row in rows]
