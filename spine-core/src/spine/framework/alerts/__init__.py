"""Telling operators: alerts, the channels they leave through, and the registry that routes them."""

from __future__ import annotations

from spine.framework.alerts.protocol import (
    Alert,
    AlertChannel,
    AlertRegistry,
    AlertSeverity,
    AlertStore,
    BaseChannel,
    ChannelConfig,
    ChannelType,
    ConsoleChannel,
    DeliveryResult,
    MemoryAlertStore,
    SentAlert,
    alert_registry,
    alert_store,
    send_alert,
)
from spine.plugins.lazy import lazy_exports

__all__ = [
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
    "SentAlert",
    "alert_registry",
    "alert_store",
    "send_alert",
]

__getattr__ = lazy_exports(
    __name__, {"SlackChannel": ("alert_channel", "slack"), "EmailChannel": ("alert_channel", "email")}
)
