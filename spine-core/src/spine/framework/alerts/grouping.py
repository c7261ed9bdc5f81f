"""Throttling of alerts of one cause on one channel."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

GROUP_SECONDS = 60.0


class Verdict(Enum):
    """Decision on an alert: SEND now; WAIT for the end of the window; COUNT only, as another one waits already."""

    SEND = "send"
    WAIT = "wait"
    COUNT = "count"


def window(throttle_minutes: float | None, default_minutes: float) -> timedelta:
    """Return the throttle window of one message, at least a minute."""
    minutes = default_minutes if throttle_minutes is None else throttle_minutes
    return timedelta(seconds=max(minutes * 60, GROUP_SECONDS))


def judge(now: datetime, window_ends_at: datetime | None, *, has_waiting: bool) -> Verdict:
    """Return the decision on an alert: the first of a window is sent, the second waits for its end."""
    if has_waiting:
        return Verdict.COUNT
    if window_ends_at is None or window_ends_at <= now:
        return Verdict.SEND
    return Verdict.WAIT
