"""Events of PagerDuty: https://developer.pagerduty.com/docs/events-api-v2-overview."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from spine.core.plain_text import shorten
from spine.framework.alerts import Alert, AlertSeverity
from spine.framework.alerts.content import Content, MessageKind, build_content
from spine.framework.alerts.resolution import ended_at

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
    event: dict[str, Any] = {
        "event_action": "trigger",
        "dedup_key": alert.incident_key,
        "client": "Spine",
        "payload": _payload(alert, content, alert.created_at),
    }
    if content.link:
        event |= {"client_url": content.link, "links": [{"href": content.link, "text": "Run"}]}
    return event


def acknowledgement(alert: Alert) -> dict[str, Any]:
    """Return the event that acknowledges the incident of `alert`."""
    return {"event_action": "acknowledge", "dedup_key": alert.incident_key}


def resolution(alert: Alert, base_url: str | None) -> dict[str, Any]:
    """Return the event that resolves the incident of `alert`; its log shows the payload."""
    content = build_content(alert, kind=MessageKind.RESOLVED, base_url=base_url)
    payload = _payload(alert, content, ended_at(alert) or alert.created_at)
    return {"event_action": "resolve", "dedup_key": alert.incident_key, "payload": payload}


def _payload(alert: Alert, content: Content, moment: datetime) -> dict[str, Any]:
    last = {"look closer": content.command, "link": content.link}
    facts = (*content.facts[:_FACTS], *((label, value) for label, value in last.items() if value))
    details = {shorten(label, _LABEL_CHARACTERS): shorten(value, _FACT_CHARACTERS) for label, value in facts}
    grouped = {"component": alert.domain, "class": dict(content.facts).get("category")}
    return {
        "summary": shorten(f"{content.title}{content.more}", _SUMMARY_CHARACTERS),
        "source": shorten(dict(content.facts).get("source", ""), _FACT_CHARACTERS) or "spine",
        "severity": _SEVERITIES[alert.severity],
        "timestamp": moment.isoformat(timespec="milliseconds"),
        **{key: shorten(value, _FACT_CHARACTERS) for key, value in grouped.items() if value},
        "custom_details": {"message": shorten(content.message, _MESSAGE_CHARACTERS), **details},
    }
