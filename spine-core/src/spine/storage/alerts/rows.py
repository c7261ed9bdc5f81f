"""Alerts as rows of `core_alerts`, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attrs import evolve
from sqlalchemy import RowMapping

from spine.core.errors import categorize_error, is_retryable
from spine.core.ids import new_id
from spine.core.kept_text import kept_values
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.channel import DeliveryResult
from spine.framework.alerts.content import SUPPRESSED_COUNT, describe_briefly
from spine.framework.alerts.outbox import DeliveryStatus
from spine.framework.alerts.route import RoutedAlert

if TYPE_CHECKING:
    from spine.framework.alerts.silence import Silence

_FINGERPRINT_BYTES = 500  # an index of PostgreSQL takes no more than 2,700


def stored_fingerprint(alert: Alert) -> str:
    """Return the fingerprint, or a short substitute if it is too long for an index."""
    short = len(alert.fingerprint.encode("utf-8", "surrogatepass")) <= _FINGERPRINT_BYTES
    return alert.fingerprint if short else alert.incident_key


def alert_row(routed: RoutedAlert, incident_id: str | None) -> dict[str, Any]:
    """Return the columns of an alert; an error is stored as text and as data, with its category in the metadata."""
    alert, described = routed.alert, routed.alert.to_dict()
    metadata, error = dict(described["metadata"]), alert.error
    text = describe_briefly(error)
    if isinstance(error, BaseException):
        metadata.setdefault("error_category", categorize_error(error).value)
        metadata.setdefault("retryable", is_retryable(error))
    category = metadata.get("error_category")
    return {
        **{name: described[name] for name in ("title", "message", "source", "domain", "run_id", "execution_id")},
        "id": alert.alert_id,
        "severity": alert.severity.value,
        "error": None if text is None else kept_values(text),
        "failure": None if error is None or isinstance(error, str) else kept_values(described["error"]),
        "unrouted": routed.unrouted,
        "error_category": None if category is None else str(category)[:64],
        "metadata": metadata,
        "fingerprint": stored_fingerprint(alert),
        "created_at": alert.created_at,
        "incident_id": incident_id,
        "at_run_end": routed.at_run_end,
    }


def alert_of(row: RowMapping, suppressed: int = 0) -> Alert:
    """Return the alert of a row; `suppressed` is the number of other alerts it represents."""
    names = ("severity", "title", "message", "source", "domain", "run_id", "execution_id", "metadata")
    fields = {name: row[name] for name in (*names, "created_at", "fingerprint")}
    alert = Alert(**fields, error=row["failure"] or row["error"], alert_id=row["id"])
    return evolve(alert, metadata={**alert.metadata, SUPPRESSED_COUNT: suppressed}) if suppressed else alert


def shown(moment: datetime) -> str:
    """Return a time as text, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def why_silenced(silence: Silence) -> str:
    """Return the reason of a delivery that `silence` matches."""
    comment = f" ({silence.comment})" if silence.comment else ""
    return f"silenced until {shown(silence.ends_at)}{comment}"


def outcome_columns(result: DeliveryResult) -> dict[str, Any]:
    """Return the result of an attempt, as columns of its delivery."""
    response = None if result.response is None else json.dumps(dict(result.response), default=str)
    error = None if result.success else result.message or str(result.error)
    return {"response": response, "error": error}


def delivery_row(alert: Alert, channel: str, status: DeliveryStatus) -> dict[str, Any]:
    """Return the columns of a new delivery."""
    return {
        "id": new_id(),
        "alert_id": alert.alert_id,
        "channel_name": channel,
        "status": status.value,
        "attempt": 0,
    }
