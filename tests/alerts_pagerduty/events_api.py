"""PagerDuty's Events API v2, as documented: https://developer.pagerduty.com/docs/send-alert-event."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tests.http_peer import Answer, Received

_EVENT = {"routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links", "images"}
_PAYLOAD = {"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"}


class EventsApi:
    """Keeps its incidents by key: `triggered`, `acknowledged` or `resolved`."""

    def __init__(self, routing_key: str) -> None:
        self.routing_key = routing_key
        self.incidents: dict[str, str] = {}

    def __call__(self, received: Received) -> Answer:
        event = received.json
        problems = _problems(event)
        if event.get("routing_key") != self.routing_key:
            problems = ["Length of 'routing_key' is incorrect (should be 32 characters)"]
        if received.path != "/v2/enqueue":
            return Answer(404, "")
        if len(received.body) > 512 * 1024:
            return Answer(413, "")
        if problems:
            answer = {"status": "invalid event", "message": "Event object is invalid", "errors": problems}
            return Answer(400, json.dumps(answer))
        key = event["dedup_key"]
        action = event["event_action"]
        if action == "trigger" or key in self.incidents:
            self.incidents[key] = {"trigger": "triggered", "acknowledge": "acknowledged", "resolve": "resolved"}[action]
        return Answer(202, json.dumps({"status": "success", "message": "Event processed", "dedup_key": key}))


def _problems(event: dict[str, Any]) -> list[str]:
    found = [f"unknown field {name}" for name in set(event) - _EVENT]
    if event["event_action"] not in ("trigger", "acknowledge", "resolve"):
        found.append("'event_action' is not valid")
    if not 1 <= len(event["dedup_key"]) <= 255:
        found.append("'dedup_key' is too long")
    if "payload" not in event and event["event_action"] != "trigger":
        return found
    payload = event["payload"]
    found += [f"unknown field payload.{name}" for name in set(payload) - _PAYLOAD]
    if not 1 <= len(payload["summary"]) <= 1024:
        found.append("'payload.summary' is missing or too long")
    if not payload["source"]:
        found.append("'payload.source' is missing or blank")
    if payload["severity"] not in ("critical", "warning", "error", "info"):
        found.append("'payload.severity' is not valid")
    datetime.fromisoformat(payload["timestamp"])
    found += [f"link {link}" for link in event.get("links", []) if set(link) != {"href", "text"}]
    return found
