"""Retry policy of failed steps: number of attempts and backoff."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from attrs import asdict, field, fields, frozen, validators

from spine.core.duration import check_number

LONGEST_RETRY_AFTER = 3600.0  # seconds; a server that asks for more is asked again after an hour


@frozen
class RetryPolicy:
    """Exponential backoff with full jitter, for retryable errors only.

    The delay before attempt n + 1 is random between 0 and `initial_delay_seconds * backoff_multiplier ** (n - 1)`,
    at most `max_delay_seconds`; it is never shorter than an error's own `retry_after`, which counts up to an hour.
    """

    max_attempts: int = field(default=3, validator=[validators.instance_of(int), validators.ge(1)])
    initial_delay_seconds: float = field(default=1.0, validator=validators.ge(0))
    backoff_multiplier: float = field(default=2.0, validator=validators.ge(1))
    max_delay_seconds: float = field(default=60.0, validator=validators.ge(0))
    jitter: bool = True

    def __attrs_post_init__(self) -> None:
        for item in fields(RetryPolicy):
            check_number(item.name, getattr(self, item.name), "a retry policy")

    def delay_seconds(
        self, attempt: int, retry_after: float | None = None, uniform: Callable[[float, float], float] = random.uniform
    ) -> float:
        """Return the seconds to wait after the failed attempt number `attempt` (from 1)."""
        from spine.core.backoff import backoff  # only a failure needs it

        ceiling = backoff(attempt, self.initial_delay_seconds, self.max_delay_seconds, factor=self.backoff_multiplier)
        delay = uniform(0, ceiling) if self.jitter else ceiling
        return max(delay, min(retry_after or 0, LONGEST_RETRY_AFTER))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)
