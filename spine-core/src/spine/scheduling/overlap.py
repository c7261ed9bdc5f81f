"""Overlap rules: the decision about a tick while earlier runs of its schedule are active."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from spine.scheduling.policy import Overlap


class Start(str, Enum):
    """The decision about a tick that is due to run."""

    NOW = "now"
    SKIP = "skip"
    QUEUE = "queue"
    CANCEL_OLDEST = "cancel_oldest"


_WHEN_FULL = {
    Overlap.SKIP: Start.SKIP,
    Overlap.ALLOW: Start.SKIP,
    Overlap.QUEUE: Start.QUEUE,
    Overlap.CANCEL_OLD: Start.CANCEL_OLDEST,
}


@frozen
class OverlapRule:
    """Room for `limit` runs of a schedule at once, None for any number, and the policy for a tick beyond it.

    At most `queue_limit` ticks wait for room.
    """

    overlap: Overlap
    limit: int | None
    queue_limit: int = 100

    def decide(self, running: int) -> Start:
        """Return the decision about a tick while `running` runs are active.

        CANCEL_OLDEST means: cancel the oldest run, then start. With `overlap = "allow"`, a tick beyond a stated limit
        is skipped.
        """
        if self.limit is None or running < self.limit:
            return Start.NOW
        return Start.SKIP if self.is_queue_full(running) else _WHEN_FULL[self.overlap]

    @property
    def queues(self) -> bool:
        """True if ticks beyond the limit wait for room."""
        return self.overlap is Overlap.QUEUE and self.limit is not None

    def is_queue_full(self, running: int) -> bool:
        """Return True if as many ticks wait for room as may, while `running` ticks run or wait."""
        return self.queues and running - (self.limit or 0) >= self.queue_limit

    def reason(self, running: int) -> str:
        """Return why `decide` did not start a tick, for its record."""
        if self.is_queue_full(running):
            return f"{self.queue_limit} ticks wait for room already (queue_limit = {self.queue_limit})"
        plural = "" if self.limit == 1 else "s"
        return f"{running} of at most {self.limit} run{plural} still going (overlap = {self.overlap.value})"
