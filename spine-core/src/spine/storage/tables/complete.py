"""The metadata with every table of the store."""

from spine.storage.tables import alerts, captures, databases, runs, schedules, sources
from spine.storage.tables.metadata import metadata

__all__ = ["alerts", "captures", "databases", "metadata", "runs", "schedules", "sources"]
