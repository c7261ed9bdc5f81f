"""`PagerDutyChannel`, from the distribution spine-alerts-pagerduty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.plugins.lazy import lazy_exports

if TYPE_CHECKING:
    from spine_alerts_pagerduty.channel import PagerDutyChannel as PagerDutyChannel

__getattr__ = lazy_exports(__name__, {"PagerDutyChannel": ("alert_channel", "pagerduty")})
