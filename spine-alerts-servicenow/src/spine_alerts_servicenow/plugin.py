"""Entry point of this distribution: registers its classes by name, without importing them."""

from __future__ import annotations

from spine.plugins import ChannelSpec, hookimpl


@hookimpl
def spine_register_alert_channels() -> list[ChannelSpec]:
    return [
        ChannelSpec(
            "servicenow",
            "spine_alerts_servicenow.channel:ServiceNowChannel",
            config="spine_alerts_servicenow.config:ServiceNowChannelConfig",
            help="Incidents in ServiceNow, through its table API.",
        ),
    ]
