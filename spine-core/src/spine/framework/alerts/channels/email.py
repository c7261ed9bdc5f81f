"""`EmailChannel`, from the distribution spine-alerts-email."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.plugins.lazy import lazy_exports

if TYPE_CHECKING:
    from spine_alerts_email.channel import EmailChannel as EmailChannel

__getattr__ = lazy_exports(__name__, {"EmailChannel": ("alert_channel", "email")})
