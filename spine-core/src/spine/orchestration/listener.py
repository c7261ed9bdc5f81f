"""Observers of runs: progress on a terminal, alerts on failure. They never decide what is committed."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Protocol

from spine.orchestration.records import RunEvent

logger = logging.getLogger("spine.orchestration")


class RunListener(Protocol):
    """Is told of each event of a run after it was committed."""

    def on_event(self, event: RunEvent) -> None: ...


def notify(listeners: Iterable[RunListener], events: Iterable[RunEvent]) -> None:
    """Tell every listener of every event; one that raises is logged and does not disturb the run."""
    for event in events:
        for listener in listeners:
            try:
                listener.on_event(event)
            except Exception:
                logger.exception("listener %s failed on %s", type(listener).__name__, event.event_type)
