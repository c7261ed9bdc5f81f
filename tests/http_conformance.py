"""Tests of every channel over HTTP, on a real peer."""

from __future__ import annotations

from typing import Any

from spine.testing.conformance.alert_channel import AlertChannelConformance
from tests.http_peer import Answer, HttpPeer, drip


class HttpChannelConformance(AlertChannelConformance):
    """Needs `peer`, which `make_channel` delivers to."""

    can_fail = True
    shows_deliveries = True
    sends_in_parallel = True
    meets_deadline = True
    tells_retry_after = True
    resolves = True
    peer: HttpPeer

    def make_unanswered_channel(self, deadline_seconds: float) -> Any:
        self.peer.usual = Answer(raw=drip)
        return self.make_channel(deadline_seconds=deadline_seconds)

    def make_refusing_channel(self, retry_after: int) -> Any:
        self.peer.usual = Answer(429, "slow down", {"Retry-After": str(retry_after)})
        return self.make_channel()

    def delivered(self) -> int:
        return len(self.peer.received)
