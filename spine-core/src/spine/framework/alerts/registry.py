"""The channels that a project uses, and sending alerts through those that fit."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from spine.core.errors import ConfigError, SpineError, ValidationError
from spine.core.registry import Registry
from spine.framework.alerts.alert import Alert, AlertSeverity
from spine.framework.alerts.channel import AlertChannel, ChannelType, DeliveryResult
from spine.framework.alerts.delivery import deliver
from spine.framework.alerts.outbox import Outbox, PreparedAlert
from spine.framework.alerts.store import alert_store
from spine.framework.work import current_work

logger = logging.getLogger(__name__)


class AlertRegistry:
    """Channels by name. Every alert that is sent is recorded in the current project's `AlertStore`.

    An `ambient` registry holds the channels of whichever project is current; any other one has its own.
    """

    def __init__(self, *, ambient: bool = False) -> None:
        self._channels: Registry[AlertChannel] = Registry("alert channel", ambient=ambient)

    def register(self, channel: AlertChannel, *, replace: bool = False) -> AlertChannel:
        """Add `channel` and return it; ValueError if its name is taken, ValidationError if it is no channel."""
        if not isinstance(channel, AlertChannel):
            raise ValidationError(f"{channel!r:.80} is not an alert channel: derive it from BaseChannel", value=channel)
        return self._channels.add(channel.name, channel, replace=replace)

    def unregister(self, name: str) -> AlertChannel | None:
        """Remove the channel of that name and return it, None if there was none."""
        return self._channels.remove(name)

    def get(self, name: str) -> AlertChannel | None:
        """Return the channel of that name, None if there is none."""
        return self._channels.find(name)

    def list_channels(self) -> list[str]:
        """Return the names of all channels, sorted."""
        return self._channels.names()

    def list_by_type(self, channel_type: ChannelType) -> list[str]:
        """Return the names of the channels of one type, sorted."""
        return [channel.name for channel in self._sorted() if channel.channel_type == channel_type]

    def send(self, alert: Alert, channel_name: str) -> DeliveryResult:
        """Send `alert` through one channel, whatever severity and domains it takes otherwise.

        An unknown or disabled channel gives a failed result with a ConfigError.
        """
        channel = self.get(channel_name)
        if channel is None:
            result = DeliveryResult.fail(channel_name, ConfigError(self._channels.not_found(channel_name)))
        elif not channel.enabled:
            result = DeliveryResult.fail(channel_name, ConfigError(f"alert channel {channel_name!r} is disabled"))
        else:
            outbox = _outbox(self._channels.entries())
            prepared = outbox.prepare(alert, [channel])
            alert_store().add(alert, prepared.deliveries, prepared.throttles)
            return next(iter(outbox.send(prepared)), DeliveryResult.ok(channel_name, "it was not sent: silenced"))
        return result

    def send_to_all(self, alert: Alert) -> list[DeliveryResult]:
        """Send `alert` through every channel that takes it, at once; return the results in the order of their names."""
        return self._send(alert, self._sorted())

    def send_to_type(self, alert: Alert, channel_type: ChannelType) -> list[DeliveryResult]:
        """Send `alert` through every channel of one type that takes it; return the results in the order of names."""
        return self._send(alert, [channel for channel in self._sorted() if channel.channel_type == channel_type])

    def prepare(self, alert: Alert) -> PreparedAlert:
        """Route `alert` for a caller who commits it together with something else, and then calls `send_prepared`."""
        taking = [channel for channel in self._sorted() if channel.should_send(alert)]
        return _outbox(self._channels.entries()).prepare(alert, taking)

    def send_prepared(self, prepared: PreparedAlert) -> list[DeliveryResult]:
        """Send an alert that was committed."""
        return _outbox(self._channels.entries()).send(prepared)

    def flush(self, *, everything: bool = False) -> list[DeliveryResult]:
        """Send what is pending and due; with `everything`, whatever is pending."""
        return _outbox(self._channels.entries()).flush(everything=everything)

    def acknowledge(self, fingerprint: str) -> list[DeliveryResult]:
        """Say that somebody is at the problem of a fingerprint, also to the channels that can be told."""
        return _outbox(self._channels.entries()).acknowledge(fingerprint)

    def resolve(self, fingerprint: str) -> list[DeliveryResult]:
        """End the incident of a fingerprint, and tell the channels that delivered its firing."""
        return _outbox(self._channels.entries()).resolve(fingerprint)

    def _sorted(self) -> list[AlertChannel]:
        return [channel for _, channel in sorted(self._channels.entries().items())]

    def _send(self, alert: Alert, channels: Iterable[AlertChannel]) -> list[DeliveryResult]:
        taking: list[AlertChannel] = []
        results: dict[str, DeliveryResult] = {}
        for channel in channels:
            try:
                if channel.should_send(alert):
                    taking.append(channel)
            except Exception as error:  # noqa: BLE001 - a channel's own filter must not stop the other channels
                results[channel.name] = DeliveryResult.fail(channel.name, error)
        if not taking and not results:
            logger.info("no channel takes the alert %r (%s)", alert.title, alert.severity.value)
        results |= {result.channel_name: result for result in self._through_outbox(alert, taking)}
        return [results[name] for name in sorted(results)]

    def _through_outbox(self, alert: Alert, channels: list[AlertChannel]) -> list[DeliveryResult]:
        try:
            outbox = _outbox(self._channels.entries())
            prepared = outbox.prepare(alert, channels)
            alert_store().add(alert, prepared.deliveries, prepared.throttles)
            return outbox.send(prepared)
        except SpineError:  # callers send alerts while they handle an error, which may be the store's
            logger.exception("the alert %r could not be kept; it is sent all the same", alert.title)
            return deliver(alert, channels)


def _outbox(channels: Mapping[str, AlertChannel]) -> Outbox:
    return Outbox(alert_store(), channels)


alert_registry = AlertRegistry(ambient=True)


def send_alert(
    severity: AlertSeverity, title: str, message: str, source: str, **alert_fields: Any
) -> list[DeliveryResult]:
    """Send an alert through every channel of `alert_registry` that takes it.

    Returns when each has answered or met its deadline, in the order of their names. `alert_fields` are further fields
    of Alert; inside a step or pipeline its domain, run_id and execution_id are filled in where not given.
    """
    if (work := current_work()) is not None:
        known = {"domain": work.domain, "run_id": work.run_id, "execution_id": work.execution_id}
        alert_fields = known | {name: value for name, value in alert_fields.items() if value is not None}
    return alert_registry.send_to_all(Alert(severity, title, message, source, **alert_fields))
