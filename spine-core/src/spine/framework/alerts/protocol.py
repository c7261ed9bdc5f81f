"""Promised import path: re-exports every name of `spine.framework.alerts` that core owns, and defines none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.framework.alerts import (
    AcknowledgingChannel,
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
    ResolvingChannel,
    SentAlert,
    alert_registry,
    alert_store,
    send_alert,
)
from spine.plugins.lazy import lazy_exports

if TYPE_CHECKING:
    from spine.framework.alerts.channels.webhook import WebhookChannel

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

__getattr__ = lazy_exports(__name__, {"WebhookChannel": ("alert_channel", "webhook")})
