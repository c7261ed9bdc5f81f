"""Entry point of this distribution: registers its classes by name, without importing them."""

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
