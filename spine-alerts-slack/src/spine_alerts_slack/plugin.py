"""The entry point: says what this distribution provides, without importing it."""

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
