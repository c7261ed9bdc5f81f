"""Listeners to runs, such as progress on a terminal and alerts on failure. They do not affect commits."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Protocol

from spine.framework.alerts.route import RoutedAlert
from spine.orchestration.events import RunEvent
from spine.orchestration.records import RunRecord

logger = logging.getLogger("spine.orchestration")


class RunListener(Protocol):
    """Listener to the committed events of runs."""

    def on_event(self, event: RunEvent) -> None: ...


class AlertingListener(Protocol):
    """Listener that also returns the alerts raised by the end of a run; they are committed together with it."""

    def alerts_for_end(self, run: RunRecord) -> Sequence[RoutedAlert]: ...


def raised_at_end(listeners: Iterable[RunListener], run: RunRecord) -> list[RoutedAlert]:
    """Return the alerts of all alerting listeners; a failing listener is logged and does not affect the run."""
    raised: list[RoutedAlert] = []
    for listener in listeners:
        alerts_for_end = getattr(listener, "alerts_for_end", None)  # of an AlertingListener
        if alerts_for_end is None:
            continue
        try:
            raised.extend(alerts_for_end(run))
        except Exception:
            logger.exception("listener %s failed on the end of run %s", type(listener).__name__, run.run_id)
    return raised


def notify(listeners: Iterable[RunListener], events: Iterable[RunEvent]) -> None:
    """Notify every listener of every event; one that raises is logged and does not affect the run."""
    for event in events:
        for listener in listeners:
            try:
                listener.on_event(event)
            except Exception:
                logger.exception("listener %s failed on %s", type(listener).__name__, event.event_type)
