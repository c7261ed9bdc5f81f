"""The outbox: alerts are kept with where they go before anything is sent, and sent from there."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from attrs import frozen

from spine.core.scope import current_scope
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.channel import DeliveryResult
from spine.framework.alerts.route import RoutedAlert


class DeliveryStatus(str, Enum):
    """The state of a delivery.

    PENDING is tried until it is SENT, or FAILED for good; THROTTLED is held back, because the channel was told of the
    same cause a moment ago; SILENCED matched a silence and is not sent.
    """

    PENDING = "PENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    THROTTLED = "THROTTLED"
    SILENCED = "SILENCED"

    @property
    def is_open(self) -> bool:
        """The delivery can still be sent; a THROTTLED one only if it has a time for it."""
        return self in (DeliveryStatus.PENDING, DeliveryStatus.THROTTLED)


class DeliveryKind(str, Enum):
    """What a delivery says of its incident."""

    FIRING = "FIRING"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RESOLVED = "RESOLVED"


@frozen
class Delivery:
    """An alert on its way through one channel; `attempt` counts those that began."""

    delivery_id: str
    alert: Alert
    channel_name: str
    status: DeliveryStatus
    kind: DeliveryKind = DeliveryKind.FIRING
    attempt: int = 0


class AlertOutbox(Protocol):
    """Keeps deliveries until they arrive. A sender claims a delivery first; the claim of a dead one ends by itself."""

    def add(self, routed: RoutedAlert) -> list[Delivery]:
        """Keep an alert and a delivery for each of its routes, all of it or nothing."""
        ...

    def due(self, *, force: bool = False) -> dict[str, list[str]]:
        """Return the ids of the deliveries to send now by channel, oldest first.

        With `force`, those whose next attempt is later too.
        """
        ...

    def claim(self, delivery_id: str, seconds: float) -> Delivery | None:
        """Take a delivery for an attempt; None if it is done with, or another sender has it."""
        ...

    def finish(self, delivery: Delivery, result: DeliveryResult, fallback: str | None) -> None:
        """Write down how an attempt ended; `fallback` takes over where the channel does not deliver."""
        ...


def alert_outbox() -> AlertOutbox | None:
    """Return the outbox of the current project, None where there is no project."""
    return current_scope().find(AlertOutbox)  # type: ignore[type-abstract]  # a protocol is the key
