"""Retries of a request, and the wait before each."""

from __future__ import annotations

from attrs import frozen

from spine.core.backoff import backoff
from spine.core.deadline import Deadline
from spine.core.errors import SpineError, is_retryable
from spine.http.machine import Machine


@frozen
class RetryRule:
    """Retry policy: at most `max_attempts` in all; waits are in seconds."""

    max_attempts: int
    delay: float
    max_delay: float

    def wait(self, error: SpineError, attempt: int, machine: Machine, deadline: Deadline) -> float | None:
        """Return the backoff after the attempt of that number failed, None if it was the last.

        Retryable errors only; Retry-After where the server gives it, capped, else a random part of a doubling delay.
        None, too, where the deadline would pass.
        """
        if attempt >= self.max_attempts or not is_retryable(error):
            return None
        if error.retry_after is not None:
            seconds = min(error.retry_after, self.max_delay)
        else:
            seconds = machine.chance() * backoff(attempt, self.delay, self.max_delay)
        return seconds if seconds < deadline.left() else None
