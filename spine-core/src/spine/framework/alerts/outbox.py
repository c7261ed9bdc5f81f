"""Alerts are written down first and sent then: what is pending survives the process and is sent by the next one."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from attrs import evolve, frozen

from spine.core.errors import ConfigError, get_retry_after, is_retryable
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.channel import AcknowledgingChannel, AlertChannel, DeliveryResult, ResolvingChannel
from spine.framework.alerts.delivery import deliver, deliver_each
from spine.framework.alerts.store import AlertStore, Delivery, DeliveryStatus, Silence, Throttle, response_text

CLAIM_SECONDS = 60.0  # how long a delivery belongs to whoever is sending it
MOST_ATTEMPTS = 12
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 1800.0


@frozen
class PreparedAlert:
    """An alert with its deliveries, to be committed, and what is to be sent after that."""

    alert: Alert
    deliveries: Sequence[Delivery]
    throttles: Sequence[Throttle]
    messages: Sequence[tuple[Delivery, AlertChannel, Alert]]


class Outbox:
    """Sends alerts through channels by way of a store."""

    def __init__(self, store: AlertStore, channels: Mapping[str, AlertChannel]) -> None:
        self._store = store
        self._channels = channels

    def prepare(self, alert: Alert, channels: Sequence[AlertChannel]) -> PreparedAlert:
        """Decide what becomes of `alert` at each of `channels`; nothing is kept or sent yet."""
        now = self._store.now()
        silenced = any(_is_silenced(alert, silence) for silence in self._store.silences())
        held = {item.channel_name: item for item in self._store.throttles(alert.fingerprint)}
        deliveries, throttles, messages = [], [], []
        for channel in channels:
            status, throttle = _decide(alert, channel, held.get(channel.name), now, silenced=silenced)
            claimed = now + timedelta(seconds=CLAIM_SECONDS) if status is DeliveryStatus.PENDING else None
            delivery = Delivery(alert.alert_id, channel.name, status, next_retry_at=claimed)
            deliveries.append(delivery)
            if throttle is not None:
                throttles.append(throttle)
            if status is DeliveryStatus.PENDING:
                messages.append((delivery, channel, _with_suppressed(alert, held.get(channel.name))))
        return PreparedAlert(alert, deliveries, throttles, messages)

    def send(self, prepared: PreparedAlert) -> list[DeliveryResult]:
        """Send an alert that is kept already, and keep what became of it; at least once each.

        Returns the results of what was sent now, in the order of the channels.
        """
        results = deliver_each([(message, channel) for _, channel, message in prepared.messages])
        for (delivery, _, _), result in zip(prepared.messages, results, strict=True):
            self._finish(delivery, result)
        return results

    def flush(self, *, everything: bool = False) -> list[DeliveryResult]:
        """Send what is pending and due, or with `everything` all that is pending, and what throttling held back."""
        self._release_throttled()
        now = self._store.now()
        claimed = self._store.claim(now + timedelta(seconds=CLAIM_SECONDS), due_at=None if everything else now)
        results = []
        for delivery, alert in claimed:
            channel = self._channels.get(delivery.channel_name)
            if channel is None:
                gone = ConfigError(f"there is no channel {delivery.channel_name!r} any more")
                result = DeliveryResult.fail(delivery.channel_name, gone)
            elif delivery.resolves:
                result = _resolved(channel, alert)
            else:
                [result] = deliver(alert, [channel])
            self._finish(delivery, result)
            results.append(result)
        return results

    def resolve(self, fingerprint: str) -> list[DeliveryResult]:
        """End the incident of a fingerprint; channels that delivered its firing are told, the others are not."""
        incident = self._store.incident(fingerprint)
        if incident is None:
            return []
        raised = self._store.list_alerts(fingerprint=fingerprint)
        since = [sent.alert.alert_id for sent in raised].index(incident.alert_id)
        told = {
            delivery.channel_name
            for sent in raised[since:]
            for delivery in sent.deliveries
            if delivery.status is DeliveryStatus.SENT and not delivery.resolves
        }
        resolving = sorted(name for name in told if isinstance(self._channels.get(name), ResolvingChannel))
        deliveries = [Delivery(incident.alert_id, name, DeliveryStatus.PENDING, resolves=True) for name in resolving]
        self._store.resolve(fingerprint, deliveries)
        return self.flush()

    def acknowledge(self, fingerprint: str) -> list[DeliveryResult]:
        """Write down that somebody is at the problem, and tell the channels that can be told."""
        incident = self._store.incident(fingerprint)
        if incident is None:
            return []
        self._store.acknowledge(fingerprint)
        sent = self._store.get(incident.alert_id)
        channels = [channel for channel in self._channels.values() if isinstance(channel, AcknowledgingChannel)]
        return [channel.acknowledge(sent.alert) for channel in channels] if sent else []

    def _release_throttled(self) -> None:
        """Make a delivery of the newest alert that was held back where the throttling has ended, with how many."""
        now = self._store.now()
        for held in self._store.throttles():
            if not held.suppressed or held.expires_at > now:
                continue
            newest = [
                sent
                for sent in self._store.list_alerts(fingerprint=held.fingerprint)
                if any(
                    item.channel_name == held.channel_name and item.status is DeliveryStatus.THROTTLED
                    for item in sent.deliveries
                )
            ][-1:]
            deliveries = [Delivery(sent.alert.alert_id, held.channel_name, DeliveryStatus.PENDING) for sent in newest]
            self._store.add_deliveries(deliveries, [evolve(held, suppressed=0, last_sent_at=now)])

    def _finish(self, delivery: Delivery, result: DeliveryResult) -> None:
        now = self._store.now()
        attempt = delivery.attempt + 1
        ended = evolve(delivery, attempt=attempt, attempted_at=now, response=response_text(result.response))
        if result.success:
            self._store.finish(evolve(ended, status=DeliveryStatus.SENT, delivered_at=now, next_retry_at=None))
            return
        error = result.error
        again = isinstance(error, Exception) and is_retryable(error) and attempt < MOST_ATTEMPTS
        pause = _pause(attempt, get_retry_after(error) if isinstance(error, Exception) else None)
        self._store.finish(
            evolve(
                ended,
                status=DeliveryStatus.PENDING if again else DeliveryStatus.FAILED,
                error=result.message,
                next_retry_at=now + timedelta(seconds=pause) if again else None,
            )
        )


def _decide(
    alert: Alert, channel: AlertChannel, held: Throttle | None, now: datetime, *, silenced: bool
) -> tuple[DeliveryStatus, Throttle | None]:
    """Return what becomes of an alert at a channel, and what to remember for the next one of its fingerprint."""
    if silenced:
        return DeliveryStatus.SILENCED, None
    minutes = float(getattr(channel, "throttle_minutes", 0) or 0)
    if not minutes:
        return DeliveryStatus.PENDING, None
    if held is not None and held.expires_at > now:
        return DeliveryStatus.THROTTLED, evolve(held, suppressed=held.suppressed + 1)
    expires_at = now + timedelta(minutes=minutes)
    return DeliveryStatus.PENDING, Throttle(alert.fingerprint, channel.name, now, 0, expires_at)


def _with_suppressed(alert: Alert, held: Throttle | None) -> Alert:
    if held is None or not held.suppressed:
        return alert
    return evolve(alert, metadata={**alert.metadata, "suppressed_count": held.suppressed})


def _is_silenced(alert: Alert, silence: Silence) -> bool:
    values = {
        "severity": alert.severity.value,
        "source": alert.source,
        "domain": alert.effective_domain,
        "title": alert.title,
    }
    return all(fnmatchcase(values.get(name, ""), pattern) for name, pattern in silence.match.items())


def _resolved(channel: AlertChannel, alert: Alert) -> DeliveryResult:
    if not isinstance(channel, ResolvingChannel):
        return DeliveryResult.ok(channel.name, "it does not tell the end of an incident")
    return channel.resolve(alert)


def _pause(attempt: int, retry_after: float | None) -> float:
    """Return the seconds before the next attempt: exponential with jitter, never less than was asked for."""
    longest = min(_FIRST_PAUSE * 2.0 ** (attempt - 1), _LONGEST_PAUSE)
    return max(random.uniform(longest / 2, longest), retry_after or 0)  # noqa: S311 - no secret


def explain_route(alert: Alert, channels: Iterable[AlertChannel]) -> list[tuple[str, bool, str]]:
    """Return for each channel whether it takes `alert`, and why."""
    return [(channel.name, *_route(alert, channel)) for channel in channels]


def _route(alert: Alert, channel: AlertChannel) -> tuple[bool, str]:
    if not channel.enabled:
        return False, "it is disabled"
    if alert.severity < channel.min_severity:
        return False, f"it takes {channel.min_severity.value} and worse, not {alert.severity.value}"
    if not channel.should_send(alert):
        domains = ", ".join(getattr(channel, "domains", ()))
        return False, f"it takes the domains {domains}, not {alert.effective_domain}"
    return True, "severity and domain fit"
