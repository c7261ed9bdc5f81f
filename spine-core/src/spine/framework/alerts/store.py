"""What is remembered of alerts: the alerts themselves, what became of each delivery, and open incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from attrs import field, frozen

from spine.core.ids import new_id
from spine.core.scope import current_scope
from spine.framework.alerts.alert import Alert


class DeliveryStatus(str, Enum):
    """What became of a delivery; FAILED is final, PENDING is sent when its time comes."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    THROTTLED = "throttled"
    SILENCED = "silenced"


@frozen
class Delivery:
    """One alert on its way through one channel; `resolves` says that it tells the end of an incident."""

    alert_id: str
    channel_name: str
    status: DeliveryStatus
    attempt: int = 0
    attempted_at: datetime | None = None
    delivered_at: datetime | None = None
    response: str | None = None
    error: str | None = None
    next_retry_at: datetime | None = None
    resolves: bool = False
    id: str = field(factory=new_id)


@frozen
class SentAlert:
    """An alert and its deliveries."""

    alert: Alert
    deliveries: tuple[Delivery, ...] = ()


@frozen
class Silence:
    """Alerts that match every pattern (globs on severity, source, domain, title) are kept and not sent until then."""

    match: Mapping[str, str] = field(hash=False)
    ends_at: datetime
    comment: str = ""
    id: str = field(factory=new_id)


@frozen
class Throttle:
    """Alerts of one fingerprint through one channel: `suppressed` of them were not sent since the last one that was."""

    fingerprint: str
    channel_name: str
    last_sent_at: datetime
    suppressed: int
    expires_at: datetime


@frozen
class Incident:
    """One problem, from its first alert until it is resolved."""

    fingerprint: str
    alert_id: str
    alert_count: int
    opened_at: datetime
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None


class AlertStore(Protocol):
    """Where alerts are kept. Every method is one transaction; times are the store's own."""

    def now(self) -> datetime:
        """Return the store's time."""
        ...

    def add(self, alert: Alert, deliveries: Sequence[Delivery], throttles: Sequence[Throttle] = ()) -> None:
        """Keep an alert with its deliveries, before anything is sent, and count it in its incident."""
        ...

    def add_deliveries(self, deliveries: Sequence[Delivery], throttles: Sequence[Throttle] = ()) -> None:
        """Keep further deliveries of alerts that are there."""
        ...

    def finish(self, delivery: Delivery) -> None:
        """Keep what became of a delivery, and with it the health of its channel."""
        ...

    def claim(self, until: datetime, *, due_at: datetime | None) -> list[tuple[Delivery, Alert]]:
        """Return the PENDING deliveries that are due then (all, for None), which nobody else gets before `until`."""
        ...

    def throttles(self, fingerprint: str | None = None) -> list[Throttle]:
        """Return what is being held back, of one fingerprint or of all."""
        ...

    def silences(self) -> list[Silence]:
        """Return the silences that have not ended."""
        ...

    def add_silence(self, silence: Silence) -> None:
        """Keep a silence."""
        ...

    def incident(self, fingerprint: str) -> Incident | None:
        """Return the open incident of a fingerprint."""
        ...

    def acknowledge(self, fingerprint: str) -> None:
        """Write down that somebody is at it."""
        ...

    def resolve(self, fingerprint: str, deliveries: Sequence[Delivery]) -> None:
        """Close the incident, with the deliveries that tell so, and forget what was held back of it."""
        ...

    def get(self, alert_id: str) -> SentAlert | None:
        """Return an alert with its deliveries."""
        ...

    def list_alerts(self, run_id: str | None = None, *, fingerprint: str | None = None) -> list[SentAlert]:
        """Return the alerts of a run, of a fingerprint, or all of them, oldest first."""
        ...


def alert_store() -> AlertStore:
    """Return the store of the current project."""
    from spine.framework.alerts.memory_store import MemoryAlertStore

    return current_scope().get(AlertStore, MemoryAlertStore)  # type: ignore[type-abstract]  # a protocol is the key


def response_text(response: Mapping[str, Any] | None) -> str | None:
    """Return what a channel answered as the text that is kept."""
    return None if response is None else str(dict(response))[:2000]
