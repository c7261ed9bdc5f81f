"""Open incidents: how they end, and what to type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spine.cli.cells import plain
from spine.cli.output import shown_id

_LISTED = 3


def ending(alert: Mapping[str, Any]) -> str:
    """Return how the open incident of an alert ends: by the next success of a run, or only by hand."""
    if alert["ends_after"] is not None:
        return f"ends after {plain(alert['ends_after'])}"
    return "stays open until it is resolved"


def incident_lines(alerts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield for the open incidents of alerts, the newest first, how they end, and the commands."""
    newest = {alert["incident_id"]: alert for alert in reversed(alerts) if _is_open(alert)}
    found = list(newest.values())[::-1]
    for alert in found[:_LISTED]:
        yield f"open: the incident of {shown_id(alert['id'])} {ending(alert)}"
    if len(found) > _LISTED:
        yield f"open: {len(found) - _LISTED} more"
    if found:
        one = shown_id(found[0]["id"])
        yield f"say that you work on it: spine alerts ack {one}"
        yield f"end it now: spine alerts resolve {one}"


def delivery_lines(alerts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the commands that send what waits, or what was given up."""
    if any(alert["is_overdue"] for alert in alerts):
        yield "send what is overdue: spine alerts flush"
    given_up = next((alert for alert in alerts if alert["delivery"] == "FAILED"), None)
    if given_up is not None:
        yield f"send again what was given up: spine alerts retry {shown_id(given_up['id'])}"


def _is_open(alert: Mapping[str, Any]) -> bool:
    return alert["incident_id"] is not None and alert["resolved_at"] is None
