"""Alerts: incidents, deliveries with their next attempt and last error, channels and silences."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from spine.framework.alerts import AlertSeverity
from spine_board.asked import Sorting
from spine_board.pages.page import Page, PageContext
from spine_board.pages.part import part_of
from spine_board.states import UNSENT

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked

_INCIDENTS = 200
_ALERTS = 200
_DELIVERIES = 100
SILENCE_FIELDS = ("severity", "domain", "source", "title", "fingerprint")


def alerts(project: Project, asked: Asked) -> PageContext:
    """Return the incidents, open ones first, the deliveries that are not done, channels, silences and newest alerts."""
    incidents = [{**_ranked(row), "state": state_of(row)} for row in project.alerts.incidents(limit=_INCIDENTS)]
    open_first = sorted(incidents, key=lambda row: row["resolved_at"] is not None)
    columns = ("state", "rank", "title", "source", "domain", "opened_at", "alert_count")
    sorting = Sorting.of(asked, columns)
    waiting = [row for status in UNSENT for row in project.alerts.history(status=status, limit=_DELIVERIES)]
    waiting_columns = ("title", "channel_name", "kind", "status", "attempt", "attempted_at", "next_retry_at", "error")
    waiting_order = Sorting.of(asked, waiting_columns, "next_retry_at", "waiting")
    newest = [_ranked(row) for row in project.alerts.list(limit=_ALERTS)]
    newest_order = Sorting.of(asked, ("rank", "title", "source", "created_at", "delivery"), "-created_at", "alerts")
    channels = project.alerts.channels()
    channel_columns = ("name", "channel_type", "min_severity", "last_success_at", "last_failure_at")
    channel_order = Sorting.of(asked, (*channel_columns, "consecutive_failures", "paused_until"), "name", "channels")
    return {
        "open": sum(row["resolved_at"] is None for row in incidents),
        "incidents": sorting.apply(open_first),
        "sorting": sorting,
        "waiting": waiting_order.apply(waiting),
        "waiting_order": waiting_order,
        "counts": Counter(row["status"] for row in waiting),
        "channels": channel_order.apply(channels),
        "channel_order": channel_order,
        "silences": project.alerts.silences(),
        "fields": SILENCE_FIELDS,
        "part": part_of(newest_order.apply(newest), asked, 50),
        "newest_order": newest_order,
    }


def _ranked(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the rank of its severity, by which it is sorted."""
    severity = row["severity"]
    return {**row, "rank": None if severity is None else AlertSeverity(severity).rank}


def alert(project: Project, asked: Asked) -> PageContext:
    """Return an alert with its incident and its deliveries."""
    found = project.alerts.find(asked.path["alert"])
    incident = project.alerts.incident(found["id"]) if found["incident_id"] else None
    deliveries = project.alerts.deliveries(found["id"])
    columns = ("channel_name", "kind", "status", "attempt", "attempted_at", "delivered_at", "next_retry_at", "error")
    sorting = Sorting.of(asked, columns, "channel_name")
    return {
        "alert": found,
        "incident": incident,
        "state": state_of(incident) if incident else "NONE",
        "deliveries": sorting.apply(deliveries),
        "sorting": sorting,
        "has_failed": any(row["status"] == "FAILED" for row in deliveries),
    }


def state_of(incident: dict[str, Any]) -> str:
    """Return the state of an incident."""
    if incident["resolved_at"] is not None:
        return "RESOLVED"
    return "ACKNOWLEDGED" if incident["acknowledged_at"] is not None else "FIRING"


PAGES = [Page("/alerts", "alerts.html", alerts, menu="Alerts"), Page("/alerts/{alert}", "alert.html", alert)]
