"""Retries of a request, and the wait before each."""

from __future__ import annotations

from attrs import frozen

from spine.core.backoff import backoff
from spine.core.deadline import Deadline
from spine.core.errors import SourceUnavailableError, SpineError, is_retryable
from spine.http.machine import Machine


class NotReadyError(SourceUnavailableError):
    """The server accepted the request and has no data for it yet (202)."""


@frozen
class RetryRule:
    """Retry policy: at most `max_attempts` in all, and polls for `poll_timeout`; times are in seconds."""

    max_attempts: int
    delay: float
    max_delay: float
    poll_timeout: float | None = None

    def wait(
        self, error: SpineError, attempt: int, machine: Machine, deadline: Deadline, polled: float = 0.0
    ) -> float | None:
        """Return the backoff after the attempt of that number failed, None if it was the last.

        Retryable errors only; Retry-After where the server gives it, capped, else a random part of a doubling delay.
        None, too, where the deadline would pass. With `poll_timeout` a NotReadyError is tried again until `polled`, the
        seconds so far, has reached it, whatever the number of attempts.
        """
        if not is_retryable(error) or self._is_last(error, attempt, polled):
            return None
        if error.retry_after is not None:
            seconds = min(error.retry_after, self.max_delay)
        else:
            seconds = machine.chance() * backoff(attempt, self.delay, self.max_delay)
        return seconds if seconds < deadline.left() else None

    def _is_last(self, error: SpineError, attempt: int, polled: float) -> bool:
        if isinstance(error, NotReadyError) and self.poll_timeout is not None:
            return polled >= self.poll_timeout
        return attempt >= self.max_attempts
