"""The entry point: says what this distribution provides, without importing it."""

from __future__ import annotations

from spine.plugins import ChannelSpec, hookimpl


@hookimpl
def spine_register_alert_channels() -> list[ChannelSpec]:
    return [
        ChannelSpec(
            "email",
            "spine_alerts_email.channel:EmailChannel",
            config="spine_alerts_email.config:EmailChannelConfig",
            help="E-mail, through SMTP.",
        ),
    ]
