"""Metrics of alerts: open incidents, and deliveries by channel and result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, or_, select

from spine.framework.alerts.alert import AlertSeverity
from spine.framework.alerts.outbox import DeliveryStatus
from spine.storage.alerts.incidents import WAITS
from spine.storage.metrics.family import Family, Sample
from spine.storage.metrics.reading import Reading, within
from spine.storage.tables.alerts import alert_channels, alert_incidents, alerts
from spine.storage.tables.alerts import alert_deliveries as deliveries

_TODAY = [DeliveryStatus.SENT.name, DeliveryStatus.FAILED.name]


def alert_families(reading: Reading) -> Iterator[Family]:
    """Yield the families of incidents and deliveries."""
    incidents = Counter(dict.fromkeys((severity.name for severity in AlertSeverity), 0))
    query = (
        select(alerts.c.severity, func.count())
        .join(alert_incidents, alert_incidents.c.alert_id == alerts.c.id)
        .where(reading.history.own(alert_incidents), alert_incidents.c.resolved_at.is_(None))
        .group_by(alerts.c.severity)
    )
    incidents.update(dict(tuple(row) for row in reading.rows(query)))
    open_ones = [Sample({"severity": severity}, count) for severity, count in incidents.items()]
    yield Family("spine_incidents_open", "gauge", "Incidents that are not resolved.", open_ones)
    yield from _delivery_families(reading)


def _delivery_families(reading: Reading) -> Iterator[Family]:
    """Yield the families of deliveries: only SENT is final, so only that is a counter; FAILED ends with a retry."""
    channels = reading.names("channel", alert_channels.c.name, deliveries.c.channel_name)
    counts = Counter({(name, status): 0 for name in channels for status in _TODAY})
    ended = (
        select(deliveries.c.channel_name, deliveries.c.status, func.count())
        .where(reading.history.own(deliveries), deliveries.c.channel_name.in_(channels))
        .where(deliveries.c.attempted_at >= reading.since, deliveries.c.status.in_(_TODAY))
        .group_by(deliveries.c.channel_name, deliveries.c.status)
    )
    for channel, status, count in reading.rows(ended):
        counts[channel, status] += count
    sent, failed = (
        [Sample({"channel": name}, counts[name, status.name]) for name in channels]
        for status in (DeliveryStatus.SENT, DeliveryStatus.FAILED)
    )
    yield Family("spine_alert_deliveries_sent_total", "counter", "Deliveries of alerts sent since midnight UTC.", sent)
    says = "Deliveries of alerts given up since midnight UTC and not retried."
    yield Family("spine_alert_deliveries_failed", "gauge", says, failed)
    waiting = Counter(dict.fromkeys(channels, 0))
    still = or_(deliveries.c.status == DeliveryStatus.PENDING.name, WAITS)
    query = select(deliveries.c.channel_name, func.count()).where(reading.history.own(deliveries), still)
    for channel, count in reading.rows(query.group_by(deliveries.c.channel_name)):
        waiting[within(channel, channels)] += count
    pending = [Sample({"channel": name}, count) for name, count in sorted(waiting.items())]
    yield Family("spine_alert_deliveries_waiting", "gauge", "Deliveries of alerts that are still to be sent.", pending)
