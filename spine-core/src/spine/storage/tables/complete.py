"""The metadata with every table of the store."""

from spine.storage.tables import (
    alerts,
    backfills,
    captures,
    databases,
    events,
    lineage,
    runs,
    schedules,
    sources,
    workers,
)
from spine.storage.tables.metadata import metadata

__all__ = [
    "alerts",
    "backfills",
    "captures",
    "databases",
    "events",
    "lineage",
    "metadata",
    "runs",
    "schedules",
    "sources",
    "workers",
]
