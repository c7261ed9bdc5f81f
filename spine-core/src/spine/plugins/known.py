"""Known distributions by the name that they provide, for errors about names that are not installed."""

from __future__ import annotations

KNOWN_DISTRIBUTIONS: dict[tuple[str, str], str] = {
    ("source", "file"): "spine-sources-file",
    ("source", "excel"): "spine-sources-excel",
    ("source", "http"): "spine-sources-http",
    ("source", "sftp"): "spine-sources-sftp",
    ("alert_channel", "slack"): "spine-alerts-slack",
    ("alert_channel", "email"): "spine-alerts-email",
    ("alert_channel", "pagerduty"): "spine-alerts-pagerduty",
    ("alert_channel", "servicenow"): "spine-alerts-servicenow",
    ("calendar", "holidays"): "spine-calendars-holidays",
    ("calendar", "exchange"): "spine-calendars-exchange",
    ("database", "postgresql"): "spine-db-postgres",
    ("executor", "dask"): "spine-executor-dask",
    ("executor", "procrastinate"): "spine-executor-procrastinate",
    ("listener", "openlineage"): "spine-observe-openlineage",
    ("listener", "otel"): "spine-observe-otel",
}
