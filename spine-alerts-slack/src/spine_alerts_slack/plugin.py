"""Entry point of this distribution: registers its classes by name, without importing them."""

from __future__ import annotations

from spine.plugins import ChannelSpec, hookimpl


@hookimpl
def spine_register_alert_channels() -> list[ChannelSpec]:
    return [
        ChannelSpec(
            "slack",
            "spine_alerts_slack.channel:SlackChannel",
            config="spine_alerts_slack.config:SlackChannelConfig",
            help="Slack, through an incoming webhook.",
        ),
    ]
