"""Alerts in memory, where there is no project."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import RLock

from attrs import evolve

from spine.core.clock import utc_now
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.store import Delivery, DeliveryStatus, Incident, SentAlert, Silence, Throttle

MOST_ALERTS = 10_000


class MemoryAlertStore:
    """Keeps the newest 10,000 alerts as long as the process lives."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._deliveries: dict[str, dict[str, Delivery]] = {}
        self._throttles: dict[tuple[str, str], Throttle] = {}
        self._silences: list[Silence] = []
        self._incidents: dict[str, Incident] = {}
        self._lock = RLock()

    def now(self) -> datetime:
        return utc_now()

    def add(self, alert: Alert, deliveries: Sequence[Delivery], throttles: Sequence[Throttle] = ()) -> None:
        with self._lock:
            self._alerts[alert.alert_id] = alert
            self._deliveries[alert.alert_id] = {}
            opened = self._incidents.get(alert.fingerprint) or Incident(alert.fingerprint, alert.alert_id, 0, utc_now())
            self._incidents[alert.fingerprint] = evolve(opened, alert_count=opened.alert_count + 1)
            self.add_deliveries(deliveries, throttles)
            if len(self._alerts) > MOST_ALERTS:
                oldest = next(iter(self._alerts))
                del self._alerts[oldest], self._deliveries[oldest]

    def add_deliveries(self, deliveries: Sequence[Delivery], throttles: Sequence[Throttle] = ()) -> None:
        with self._lock:
            for delivery in deliveries:
                self._deliveries[delivery.alert_id][delivery.id] = delivery
            self._throttles.update(((held.fingerprint, held.channel_name), held) for held in throttles)

    def finish(self, delivery: Delivery) -> None:
        with self._lock:
            if delivery.alert_id in self._deliveries:
                self._deliveries[delivery.alert_id][delivery.id] = delivery

    def claim(self, until: datetime, *, due_at: datetime | None) -> list[tuple[Delivery, Alert]]:
        with self._lock:
            found = [
                (evolve(delivery, next_retry_at=until), self._alerts[delivery.alert_id])
                for delivery in self._all()
                if delivery.status is DeliveryStatus.PENDING
                and (due_at is None or delivery.next_retry_at is None or delivery.next_retry_at <= due_at)
            ]
            for delivery, _ in found:
                self._deliveries[delivery.alert_id][delivery.id] = delivery
            return found

    def throttles(self, fingerprint: str | None = None) -> list[Throttle]:
        return [held for held in list(self._throttles.values()) if fingerprint in (None, held.fingerprint)]

    def silences(self) -> list[Silence]:
        return [silence for silence in self._silences if silence.ends_at > utc_now()]

    def add_silence(self, silence: Silence) -> None:
        self._silences.append(silence)

    def incident(self, fingerprint: str) -> Incident | None:
        return self._incidents.get(fingerprint)

    def acknowledge(self, fingerprint: str) -> None:
        with self._lock:
            self._incidents[fingerprint] = evolve(self._incidents[fingerprint], acknowledged_at=utc_now())

    def resolve(self, fingerprint: str, deliveries: Sequence[Delivery]) -> None:
        with self._lock:
            self._incidents.pop(fingerprint, None)
            for held in self.throttles(fingerprint):
                del self._throttles[held.fingerprint, held.channel_name]
            self.add_deliveries(deliveries)

    def get(self, alert_id: str) -> SentAlert | None:
        alert = self._alerts.get(alert_id)
        return None if alert is None else SentAlert(alert, tuple(self._deliveries[alert_id].values()))

    def list_alerts(self, run_id: str | None = None, *, fingerprint: str | None = None) -> list[SentAlert]:
        with self._lock:
            return [
                SentAlert(alert, tuple(self._deliveries[alert.alert_id].values()))
                for alert in self._alerts.values()
                if run_id in (None, alert.run_id) and fingerprint in (None, alert.fingerprint)
            ]

    def _all(self) -> list[Delivery]:
        return [delivery for deliveries in self._deliveries.values() for delivery in deliveries.values()]
