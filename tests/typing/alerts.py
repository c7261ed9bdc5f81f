"""Alerts as users write them, checked by mypy only."""

from __future__ import annotations

from spine.framework.alerts import (
    AcknowledgingChannel,
    Alert,
    AlertChannel,
    AlertSeverity,
    BaseChannel,
    ChannelType,
    ConsoleChannel,
    DeliveryResult,
    EmailChannel,
    PagerDutyChannel,
    ResolvingChannel,
    ServiceNowChannel,
    SlackChannel,
    WebhookChannel,
    alert_registry,
)

slack = SlackChannel("ops", "https://hooks.slack.com/...", min_severity=AlertSeverity.ERROR, domains=["finra.*"])
email = EmailChannel("night", "smtp.example.org", "a@example.org", ["b@example.org"], smtp_user="a", use_tls=True)
pagerduty = PagerDutyChannel("on-call", "key", deadline_seconds=5.0)
channels: list[AlertChannel] = [
    slack,
    email,
    pagerduty,
    ServiceNowChannel("desk", "https://acme.service-now.com", "user", "password"),
    WebhookChannel("hook", "https://example.org", headers={"X-Team": "data"}),
    ConsoleChannel(color=False),
]
resolving: list[ResolvingChannel] = [slack, email, pagerduty]
acknowledging: AcknowledgingChannel = pagerduty


def end(channel: AlertChannel, alert: Alert) -> DeliveryResult | None:
    return channel.resolve(alert) if isinstance(channel, ResolvingChannel) else None


class TeamsChannel(BaseChannel):
    """A plugin's channel has a type of its own."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "teams")

    def send(self, alert: Alert) -> DeliveryResult:
        return DeliveryResult.ok(self.name)


teams: AlertChannel = TeamsChannel("ops")
names: list[str] = alert_registry.list_by_type("teams") + alert_registry.list_by_type(ChannelType.SLACK)
