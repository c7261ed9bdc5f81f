"""The tables of the history, all named `core_*`, and the view `captures`. Columns are described in docs/history.md."""

from spine.history.tables.alerts import (
    alert_channels,
    alert_deliveries,
    alert_incidents,
    alert_silences,
    alert_throttle,
    alerts,
)
from spine.history.tables.captures import captures
from spine.history.tables.databases import database_connections
from spine.history.tables.metadata import metadata
from spine.history.tables.runs import definitions, events, executions, items, limits, logs, runs, steps
from spine.history.tables.schedules import schedule_runs, schedules
from spine.history.tables.sources import rejects, source_cache, source_fetches, sources

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
    "sources",
    "steps",
]
