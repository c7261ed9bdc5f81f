"""Events of PagerDuty: https://developer.pagerduty.com/docs/events-api-v2-overview."""

from __future__ import annotations

from typing import Any

from spine.core.plain_text import shorten
from spine.framework.alerts import Alert, AlertSeverity
from spine.framework.alerts.content import build_content

_SUMMARY_CHARACTERS = 1024
# an event has at most 512 KB, and a character takes up to 12 bytes of JSON
_LABEL_CHARACTERS = 100
_FACT_CHARACTERS = 500
_MESSAGE_CHARACTERS = 5000
_FACTS = 50

_SEVERITIES = {
    AlertSeverity.INFO: "info",
    AlertSeverity.WARNING: "warning",
    AlertSeverity.ERROR: "error",
    AlertSeverity.CRITICAL: "critical",
}


def trigger(alert: Alert, base_url: str | None) -> dict[str, Any]:
    """Return the event that opens an incident, or adds to the one that is open for the same problem."""
    content = build_content(alert, base_url=base_url)
    last = {"look closer": content.command, "link": content.link}
    facts = (*content.facts[:_FACTS], *((label, value) for label, value in last.items() if value))
    details = {shorten(label, _LABEL_CHARACTERS): shorten(value, _FACT_CHARACTERS) for label, value in facts}
    grouped = {"component": alert.domain, "class": dict(content.facts).get("category")}
    event: dict[str, Any] = {
        "event_action": "trigger",
        "dedup_key": alert.incident_key,
        "client": "Spine",
        "payload": {
            "summary": shorten(f"{content.title}{content.more}", _SUMMARY_CHARACTERS),
            "source": shorten(dict(content.facts)["source"], _FACT_CHARACTERS) or "spine",
            "severity": _SEVERITIES[alert.severity],
            "timestamp": alert.created_at.isoformat(timespec="milliseconds"),
            **{key: shorten(value, _FACT_CHARACTERS) for key, value in grouped.items() if value},
            "custom_details": {"message": shorten(content.message, _MESSAGE_CHARACTERS), **details},
        },
    }
    if content.link:
        event |= {"client_url": content.link, "links": [{"href": content.link, "text": "Run"}]}
    return event


def follow_up(action: str, alert: Alert) -> dict[str, Any]:
    """Return the event that acknowledges or resolves the incident of `alert`."""
    return {"event_action": action, "dedup_key": alert.incident_key}
