"""Alerts to operators, the channels that deliver them, and the registry that routes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.core.lazy import lazy_names
from spine.plugins.lazy import lazy_exports

if TYPE_CHECKING:
    from spine.framework.alerts.alert import Alert, AlertSeverity
    from spine.framework.alerts.channel import (
        AcknowledgingChannel,
        AlertChannel,
        BaseChannel,
        ChannelConfig,
        ChannelType,
        DeliveryResult,
        ResolvingChannel,
    )
    from spine.framework.alerts.channels.console import ConsoleChannel
    from spine.framework.alerts.channels.webhook import WebhookChannel as WebhookChannel
    from spine.framework.alerts.registry import AlertRegistry, alert_registry, send_alert
    from spine.framework.alerts.store import AlertStore, MemoryAlertStore, SentAlert, alert_store
    from spine_alerts_email.channel import EmailChannel as EmailChannel
    from spine_alerts_pagerduty.channel import PagerDutyChannel as PagerDutyChannel
    from spine_alerts_servicenow.channel import ServiceNowChannel as ServiceNowChannel
    from spine_alerts_slack.channel import SlackChannel as SlackChannel

__all__ = [
    "AcknowledgingChannel",
    "Alert",
    "AlertChannel",
    "AlertRegistry",
    "AlertSeverity",
    "AlertStore",
    "BaseChannel",
    "ChannelConfig",
    "ChannelType",
    "ConsoleChannel",
    "DeliveryResult",
    "MemoryAlertStore",
    "ResolvingChannel",
    "SentAlert",
    "WebhookChannel",
    "alert_registry",
    "alert_store",
    "send_alert",
]

if not TYPE_CHECKING:  # type checkers know the names above; a run without channels imports little of them
    __getattr__ = lazy_names(
        __name__,
        {
            "spine.framework.alerts.alert": ["Alert", "AlertSeverity"],
            "spine.framework.alerts.channel": [
                "AcknowledgingChannel",
                "AlertChannel",
                "BaseChannel",
                "ChannelConfig",
                "ChannelType",
                "DeliveryResult",
                "ResolvingChannel",
            ],
            "spine.framework.alerts.channels.console": ["ConsoleChannel"],
            "spine.framework.alerts.registry": ["AlertRegistry", "alert_registry", "send_alert"],
            "spine.framework.alerts.store": ["AlertStore", "MemoryAlertStore", "SentAlert", "alert_store"],
        },
        otherwise=lazy_exports(
            __name__,
            {
                "EmailChannel": ("alert_channel", "email"),
                "PagerDutyChannel": ("alert_channel", "pagerduty"),
                "ServiceNowChannel": ("alert_channel", "servicenow"),
                "SlackChannel": ("alert_channel", "slack"),
                "WebhookChannel": ("alert_channel", "webhook"),
            },
        ),
    )
