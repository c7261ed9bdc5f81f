"""Alert outbox: alerts and their deliveries are stored first and sent from there."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from attrs import frozen

from spine.core.scope import current_scope
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.channel import DeliveryResult
from spine.framework.alerts.route import RoutedAlert


class DeliveryStatus(str, Enum):
    """Status of a delivery.

    PENDING is tried until it is SENT or finally FAILED; THROTTLED is held back, because the channel has just delivered
    an alert of the same cause; SILENCED matched a silence and is not sent.
    """

    PENDING = "PENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    THROTTLED = "THROTTLED"
    SILENCED = "SILENCED"

    @property
    def is_open(self) -> bool:
        """True if the delivery can still be sent; a THROTTLED one only if it has a time for it."""
        return self in (DeliveryStatus.PENDING, DeliveryStatus.THROTTLED)

    @property
    def rank(self) -> tuple[bool, int]:
        """Key that sorts SENT first, then what may still be sent, then what was not."""
        return self is not DeliveryStatus.SENT, list(DeliveryStatus).index(self)


class DeliveryKind(str, Enum):
    """Event of the incident that a delivery announces."""

    FIRING = "FIRING"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RESOLVED = "RESOLVED"


@frozen
class Delivery:
    """Delivery of an alert through one channel; `attempt` counts the attempts begun.

    `reason` says why it is not sent at once, if it is not. `unfinished` counts the last attempts, one after another,
    that have no result: the processes that made them ended, or froze.
    """

    delivery_id: str
    alert: Alert
    channel_name: str
    status: DeliveryStatus
    kind: DeliveryKind = DeliveryKind.FIRING
    attempt: int = 0
    reason: str | None = None
    unfinished: int = 0


class AlertOutbox(Protocol):
    """Outbox of deliveries. A sender claims a delivery before an attempt; the claim of a dead sender expires."""

    @property
    def is_quiet(self) -> bool:
        """True if the last look of this process found no open delivery, and it has stored nothing since."""
        ...

    def add(self, routed: RoutedAlert) -> list[Delivery]:
        """Store an alert and a delivery for each of its routes, all or nothing."""
        ...

    def due(self, *, force: bool = False) -> dict[str, list[str]]:
        """Return the ids of the deliveries due now, by channel, oldest first; none of a channel that is paused.

        With `force`, also those whose next attempt is later.
        """
        ...

    def claim(self, delivery_id: str, seconds: float) -> Delivery | None:
        """Claim a delivery for an attempt; None if it is finished, its channel is paused, or another sender has it."""
        ...

    def finish(
        self, delivery: Delivery, result: DeliveryResult, fallback: str | None, raised: RoutedAlert | None = None
    ) -> None:
        """Record the result of an attempt, together with the alert `raised` about it.

        `fallback` takes over if the channel does not deliver.
        """
        ...


def alert_outbox() -> AlertOutbox | None:
    """Return the outbox of the current project, None without a project."""
    return current_scope().find(AlertOutbox)  # type: ignore[type-abstract]  # a protocol is the key
