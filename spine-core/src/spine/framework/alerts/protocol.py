"""Every name of `spine.framework.alerts` that core owns."""

from __future__ import annotations

from spine.framework.alerts.alert import Alert, AlertSeverity
from spine.framework.alerts.channel import AlertChannel, BaseChannel, ChannelConfig, ChannelType, DeliveryResult
from spine.framework.alerts.channels.console import ConsoleChannel
from spine.framework.alerts.registry import AlertRegistry, alert_registry, send_alert
from spine.framework.alerts.store import AlertStore, MemoryAlertStore, SentAlert, alert_store

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
