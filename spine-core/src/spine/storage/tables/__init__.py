"""The tables of the history, all named `core_*`, and the view `captures`. Columns are described in docs/history.md."""

from spine.storage.tables.alerts import (
    alert_channels,
    alert_deliveries,
    alert_incidents,
    alert_silences,
    alert_throttle,
    alerts,
)
from spine.storage.tables.captures import captures
from spine.storage.tables.databases import database_connections
from spine.storage.tables.metadata import metadata
from spine.storage.tables.runs import definitions, events, executions, items, limits, logs, runs, steps
from spine.storage.tables.schedules import schedule_runs, schedules
from spine.storage.tables.sources import rejects, source_cache, source_fetches, source_state, sources

__all__ = [
    "alert_channels",
    "alert_deliveries",
    "alert_incidents",
    "alert_silences",
    "alert_throttle",
    "alerts",
    "captures",
    "database_connections",
    "definitions",
    "events",
    "executions",
    "items",
    "limits",
    "logs",
    "metadata",
    "rejects",
    "runs",
    "schedule_runs",
    "schedules",
    "source_cache",
    "source_fetches",
    "source_state",
    "sources",
    "steps",
]
