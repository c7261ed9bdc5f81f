"""Observers of runs: progress on a terminal, alerts on failure. They never decide what is committed."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from spine.framework.alerts.route import RoutedAlert
from spine.orchestration.events import RunEvent
from spine.orchestration.records import RunRecord

logger = logging.getLogger("spine.orchestration")


class RunListener(Protocol):
    """Is told of each event of a run after it was committed."""

    def on_event(self, event: RunEvent) -> None: ...


@runtime_checkable
class AlertingListener(Protocol):
    """A listener that also says which alerts a run's end raises; they are committed together with it."""

    def alerts_for_end(self, run: RunRecord) -> Sequence[RoutedAlert]: ...


def raised_at_end(listeners: Iterable[RunListener], run: RunRecord) -> list[RoutedAlert]:
    """Return what every alerting listener raises; one that fails is logged and does not disturb the run."""
    raised: list[RoutedAlert] = []
    for listener in listeners:
        if not isinstance(listener, AlertingListener):
            continue
        try:
            raised.extend(listener.alerts_for_end(run))
        except Exception:
            logger.exception("listener %s failed on the end of run %s", type(listener).__name__, run.run_id)
    return raised


def notify(listeners: Iterable[RunListener], events: Iterable[RunEvent]) -> None:
    """Tell every listener of every event; one that raises is logged and does not disturb the run."""
    for event in events:
        for listener in listeners:
            try:
                listener.on_event(event)
            except Exception:
                logger.exception("listener %s failed on %s", type(listener).__name__, event.event_type)
