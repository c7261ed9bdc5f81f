"""Jitter: spreads the starts of schedules that are due at the same moment, equal on every scheduler."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from spine.scheduling.zone import naive_utc

_STEPS = 2**64


def jitter(name: str, scheduled_at: datetime, most: float) -> timedelta:
    """Return a delay from 0 up to `most` seconds that depends only on the schedule's name and the tick."""
    if most <= 0:
        return timedelta()
    digest = sha256(f"{name}\n{naive_utc(scheduled_at).isoformat()}".encode()).digest()
    return timedelta(seconds=most * int.from_bytes(digest[:8]) / _STEPS)
