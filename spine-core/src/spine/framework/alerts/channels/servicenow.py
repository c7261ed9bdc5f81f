"""`ServiceNowChannel`, from the distribution spine-alerts-servicenow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.plugins.lazy import lazy_exports

if TYPE_CHECKING:
    from spine_alerts_servicenow.channel import ServiceNowChannel as ServiceNowChannel

__getattr__ = lazy_exports(__name__, {"ServiceNowChannel": ("alert_channel", "servicenow")})
