"""Store of sent alerts and their results."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from attrs import frozen

from spine.core.scope import current_scope
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.channel import DeliveryResult


@frozen
class SentAlert:
    """Alert and the result of each channel that accepted it."""

    alert: Alert
    deliveries: tuple[DeliveryResult, ...] = ()


class AlertStore(Protocol):
    """Store of alerts and their deliveries."""

    def record(self, alert: Alert, results: Sequence[DeliveryResult]) -> None:
        """Store a sent alert; `results` is empty if no channel accepted it."""
        ...

    def list_alerts(self, run_id: str | None = None) -> list[SentAlert]:
        """Return the alerts of a run, or all of them, oldest first."""
        ...


class MemoryAlertStore:
    """Store of the newest 10,000 alerts in memory."""

    def __init__(self) -> None:
        self._sent: deque[SentAlert] = deque(maxlen=10_000)

    def record(self, alert: Alert, results: Sequence[DeliveryResult]) -> None:
        self._sent.append(SentAlert(alert, tuple(results)))

    def list_alerts(self, run_id: str | None = None) -> list[SentAlert]:
        return [sent for sent in tuple(self._sent) if run_id in (None, sent.alert.run_id)]


def alert_store() -> AlertStore:
    """Return the store of the current project."""
    return current_scope().get(AlertStore, MemoryAlertStore)  # type: ignore[type-abstract]  # a protocol is the key
