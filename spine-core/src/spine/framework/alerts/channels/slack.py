"""`SlackChannel`, from the distribution spine-alerts-slack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.plugins.lazy import lazy_exports

if TYPE_CHECKING:
    from spine_alerts_slack.channel import SlackChannel as SlackChannel

__getattr__ = lazy_exports(__name__, {"SlackChannel": ("alert_channel", "slack")})
