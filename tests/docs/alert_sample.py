"""The alert that docs/alerts.md shows, and how each channel renders it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from spine.core.errors import SourceUnavailableError
from spine.framework.alerts import Alert
from spine.framework.alerts.channels.console import render
from spine.framework.alerts.content import MessageKind, build_content
from spine.framework.alerts.resolution import WORKFLOW, with_incident
from spine_alerts_email.address import parse_address
from spine_alerts_email.message import build_message
from spine_alerts_pagerduty.event import trigger
from spine_alerts_servicenow.record import new_incident
from spine_alerts_slack.message import payload
from tests.alerts_slack.slack_service import as_seen

BASE_URL = "https://spine.example.org"
ALERT = Alert(
    "ERROR",
    "FINRA Ingestion Failed",
    "Weekly OTC file could not be downloaded",
    source="finra.otc.ingest",
    domain="finra.otc",
    run_id="0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b",
    error=SourceUnavailableError("the server answered 503"),
    metadata={"step": "ingest", "suppressed_count": 12},
    created_at=datetime(2026, 3, 2, 6, 0, 7, tzinfo=UTC),
    alert_id="0193a1b2-7c3d-7e4f-8a5b-000000000001",
)

FAILURE = Alert(
    "ERROR",
    "finra.weekly_refresh failed",
    "Step 'ingest' failed: the server answered 503",
    source="finra.weekly_refresh",
    domain="finra.otc",
    run_id=ALERT.run_id,
    error=ALERT.error,
    metadata={WORKFLOW: "finra.weekly_refresh", "step": "ingest", "partition": {"week": "20260227"}},
    created_at=ALERT.created_at,
)


def email() -> Any:
    sender, recipient = (parse_address(text, "x") for text in ("Spine <spine@example.org>", "ops@example.org"))
    return build_message(ALERT, MessageKind.FIRING, sender, [recipient], BASE_URL)


def html() -> str:
    return str(email().get_body(["html"]).get_content())


def samples() -> dict[str, str]:
    """Return the visible texts, by their heading on the page."""
    content = build_content(ALERT, base_url=BASE_URL)
    resolved = with_incident(FAILURE, ALERT.created_at, ALERT.created_at + timedelta(hours=2, minutes=10), 13)
    message = email()
    incident = new_incident(ALERT, BASE_URL)
    event = trigger(ALERT, BASE_URL)["payload"]
    details = "\n".join(f"  {label}: {value}" for label, value in event["custom_details"].items())
    return {
        "Console": render(content),
        "Resolution": render(build_content(resolved, kind=MessageKind.RESOLVED, base_url=BASE_URL)),
        "Webhook": json.dumps(ALERT.to_dict(), indent=2),
        "Slack": as_seen(payload(content)),
        "E-mail": f"Subject: {message['Subject']}\n\n{message.get_body(['plain']).get_content()}",
        "PagerDuty": f"{event['summary']}\nseverity {event['severity']}, source {event['source']}\n{details}",
        "ServiceNow": f"{incident['short_description']}\nurgency {incident['urgency']}, impact {incident['impact']}\n\n"
        + incident["description"],
    }
