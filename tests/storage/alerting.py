"""Channels and senders for the tests of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spine.framework.alerts import Alert, AlertSeverity, BaseChannel, ChannelType, DeliveryResult
from spine.framework.alerts.route import RoutedAlert, route_of
from spine.framework.alerts.sender import AlertSender
from spine.storage.alerts.store import SqlAlertStore


class Listed(BaseChannel):
    """Keeps what it is sent; `errors` are raised first."""

    def __init__(self, name: str = "ops", **options: Any) -> None:
        super().__init__(name, ChannelType.WEBHOOK, **options)
        self.sent: list[Alert] = []
        self.resolved: list[Alert] = []
        self.errors: list[Exception] = []

    def send(self, alert: Alert) -> DeliveryResult:
        if self.errors:
            return DeliveryResult.fail(self.name, self.errors.pop(0))
        self.sent.append(alert)
        return DeliveryResult.ok(self.name)

    def resolve(self, alert: Alert) -> DeliveryResult:
        self.resolved.append(alert)
        return DeliveryResult.ok(self.name)


class Sender:
    """Sends what is due, as `AlertRegistry.flush` does."""

    def __init__(self, outbox: SqlAlertStore, channels: Sequence[Listed]) -> None:
        self._outbox = outbox
        self._sender = AlertSender(outbox, {channel.name: channel for channel in channels}.get, RoutedAlert)

    def flush(self, *, force: bool = False) -> list[DeliveryResult]:
        return self._sender.send(self._outbox.due(force=force))


def sender(outbox: SqlAlertStore, *channels: Listed) -> Sender:
    return Sender(outbox, channels)


def failure(title: str = "down", **fields: Any) -> Alert:
    return Alert(AlertSeverity.ERROR, title, "it is down", "loader", **fields)


def add(outbox: SqlAlertStore, *channels: Listed, alert: Alert | None = None) -> Alert:
    alert = alert or failure()
    outbox.add(RoutedAlert(alert, tuple(route_of(channel) for channel in channels)))
    return alert


def declare(outbox: SqlAlertStore, *channels: Listed) -> None:
    """Record channels as those of spine.toml."""
    usual = {"channel_type": "webhook", "config": {}, "min_severity": "ERROR", "domains": [], "enabled": True}
    outbox.sync_channels(
        [{"name": channel.name, **usual, "throttle_minutes": 5, "fallback": channel.fallback} for channel in channels]
    )
