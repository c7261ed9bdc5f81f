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
    """Room for `limit` runs of a schedule at once, None for any number, and the policy for a tick beyond it."""

    overlap: Overlap
    limit: int | None

    def decide(self, running: int) -> Start:
        """Return the decision about a tick while `running` runs are active.

        CANCEL_OLDEST means: cancel the oldest run, then start. With `overlap = "allow"`, a tick beyond a stated limit
        is skipped.
        """
        return Start.NOW if self.limit is None or running < self.limit else _WHEN_FULL[self.overlap]

    def reason(self, running: int) -> str:
        """Return why `decide` did not start a tick, for its record."""
        plural = "" if self.limit == 1 else "s"
        return f"{running} of at most {self.limit} run{plural} still going (overlap = {self.overlap.value})"
