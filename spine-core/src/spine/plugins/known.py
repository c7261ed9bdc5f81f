"""Which distribution provides a name that is not installed, so that an error can say what to install."""

from __future__ import annotations

KNOWN_DISTRIBUTIONS: dict[tuple[str, str], str] = {
    ("source", "file"): "spine-sources-file",
    ("source", "http"): "spine-sources-http",
    ("alert_channel", "slack"): "spine-alerts-slack",
    ("alert_channel", "email"): "spine-alerts-email",
    ("alert_channel", "pagerduty"): "spine-alerts-pagerduty",
    ("alert_channel", "servicenow"): "spine-alerts-servicenow",
    ("database", "postgresql"): "spine-db-postgres",
}
