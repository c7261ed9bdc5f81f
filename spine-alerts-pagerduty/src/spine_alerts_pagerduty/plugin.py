"""Entry point of this distribution: registers its classes by name, without importing them."""

from __future__ import annotations

from spine.plugins import ChannelSpec, hookimpl


@hookimpl
def spine_register_alert_channels() -> list[ChannelSpec]:
    return [
        ChannelSpec(
            "pagerduty",
            "spine_alerts_pagerduty.channel:PagerDutyChannel",
            config="spine_alerts_pagerduty.config:PagerDutyChannelConfig",
            help="PagerDuty, through its Events API v2.",
        ),
    ]
