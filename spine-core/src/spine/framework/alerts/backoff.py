"""Retries of a failed delivery."""

from __future__ import annotations

from datetime import timedelta

from spine.core.backoff import backoff
from spine.core.errors import get_retry_after, is_retryable
from spine.framework.alerts.channel import DeliveryResult

MAX_AGE = timedelta(days=3)
FALLBACK_AFTER = 3
LONGEST_PAUSE_SECONDS = 3600.0  # of a channel, whatever the Retry-After of its service
_FIRST_SECONDS, _LONGEST_SECONDS = 5.0, 900.0


def retry_delay(result: DeliveryResult, attempt: int, age: timedelta) -> float | None:
    """Return the seconds between `attempt` and the next one, None if the failure is final.

    The service's Retry-After is respected, up to three days; without one the wait doubles each time, up to 15 minutes.
    An alert is given up at an `age` of three days, so that it survives a weekend outage.
    """
    error = result.error
    if age >= MAX_AGE or not isinstance(error, BaseException) or not is_retryable(error):
        return None
    usual = backoff(attempt, _FIRST_SECONDS, _LONGEST_SECONDS)
    return max(usual, min(float(get_retry_after(error) or 0), MAX_AGE.total_seconds()))


def pause_after(result: DeliveryResult) -> timedelta | None:
    """Return how long nothing may be sent through the channel: the Retry-After of its service, an hour at most."""
    error = result.error
    seconds = get_retry_after(error) if isinstance(error, BaseException) and is_retryable(error) else None
    return None if seconds is None else timedelta(seconds=min(float(seconds), LONGEST_PAUSE_SECONDS))


def wants_fallback(attempt: int, *, final: bool) -> bool:
    """Return True if the fallback channel takes over: after the third failure, or at once if it is final."""
    return final or attempt == FALLBACK_AFTER
