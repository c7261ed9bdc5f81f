"""`EmailChannel`, from the distribution spine-alerts-email."""

from __future__ import annotations

from spine.plugins.lazy import lazy_exports

__getattr__ = lazy_exports(__name__, {"EmailChannel": ("alert_channel", "email")})
