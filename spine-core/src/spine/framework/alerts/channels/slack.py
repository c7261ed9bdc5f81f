"""`SlackChannel`, from the distribution spine-alerts-slack."""

from __future__ import annotations

from spine.plugins.lazy import lazy_exports

__getattr__ = lazy_exports(__name__, {"SlackChannel": ("alert_channel", "slack")})
