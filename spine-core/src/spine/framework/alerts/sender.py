"""Sender of the outbox: one thread per channel, so that a slow one does not delay the others."""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable, Mapping, Sequence
from threading import Thread
from typing import Any

from attrs import evolve

from spine.core.errors import ConfigError, SpineError
from spine.framework.alerts.alert import Alert, AlertSeverity
from spine.framework.alerts.backoff import pause_after
from spine.framework.alerts.channel import AcknowledgingChannel, AlertChannel, DeliveryResult, ResolvingChannel
from spine.framework.alerts.delivery import deadline_of, deliver, fire
from spine.framework.alerts.outbox import AlertOutbox, Delivery, DeliveryKind
from spine.framework.alerts.route import RoutedAlert

_CLAIM_MARGIN_SECONDS = 5.0
_FAILURES_IN_A_ROW = 3
MOST_UNFINISHED = 3
_SOURCE = "spine.alerts"  # of the alerts about deliveries

logger = logging.getLogger(__name__)


class SetAsideError(SpineError):
    """A delivery is given up: the processes that tried it ended or froze, and so would the next one."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(
            f"set aside: {delivery.unfinished} attempts in a row have no result, as the processes that made them "
            f"ended or froze; see spine alerts show {delivery.alert.alert_id}"
        )


class AlertSender:
    """Sender of the deliveries of `outbox`.

    `find` returns a channel by name, and `route` an alert about a delivery with its routes.
    """

    def __init__(
        self,
        outbox: AlertOutbox,
        find: Callable[[str], AlertChannel | None],
        route: Callable[[Alert], RoutedAlert],
    ) -> None:
        self._outbox = outbox
        self._find = find
        self._route = route

    def send(self, deliveries: Mapping[str, Sequence[str]]) -> list[DeliveryResult]:
        """Send deliveries, given as ids by channel, unless another sender has them; return their results.

        Returns when every channel is done; one that fails three times in a row, or whose service
        asks to wait, is skipped until the next call.
        """
        results: dict[str, list[DeliveryResult]] = {name: [] for name in sorted(deliveries)}
        threads = [self._start(name, deliveries[name], found) for name, found in results.items()]
        for thread in threads:
            thread.join()
        return [result for found in results.values() for result in found]

    def _start(self, name: str, ids: Sequence[str], results: list[DeliveryResult]) -> Thread:
        scope = contextvars.copy_context()
        thread = Thread(target=scope.run, args=(self._drain, name, ids, results), name=f"spine-outbox-{name}")
        thread.daemon = True  # unfinished deliveries stay in the outbox
        thread.start()
        return thread

    def _drain(self, name: str, ids: Sequence[str], results: list[DeliveryResult]) -> None:
        failures = 0
        try:
            for delivery_id in ids:
                result = self._try(name, delivery_id)
                if result is None:
                    continue
                results.append(result)
                failures = 0 if result.success else failures + 1
                if failures == _FAILURES_IN_A_ROW or pause_after(result) is not None:
                    return
        except SpineError:  # of the store: the deliveries are still pending
            logger.exception("the deliveries of alert channel %r were interrupted", name)

    def _try(self, name: str, delivery_id: str) -> DeliveryResult | None:
        try:
            return self._send(name, delivery_id)
        except SpineError:
            raise
        except Exception:  # the deliveries behind it are still sent
            logger.exception("delivery %s of alert channel %r was interrupted", delivery_id, name)
            return None

    def _send(self, name: str, delivery_id: str) -> DeliveryResult | None:
        channel = self._find(name)
        seconds = deadline_of(channel) if channel else 0.0
        delivery = self._outbox.claim(delivery_id, seconds + _CLAIM_MARGIN_SECONDS)
        if delivery is None:
            return None
        raised = None
        if channel is None:
            missing = ConfigError(f"alert channel {name!r} is not in spine.toml any more: add [channels.{name}] again")
            result = DeliveryResult.fail(name, missing, attempt=delivery.attempt)
        elif delivery.unfinished >= MOST_UNFINISHED:
            error = SetAsideError(delivery)
            result = DeliveryResult.fail(name, error, attempt=delivery.attempt)
            if delivery.alert.source != _SOURCE:
                raised = self._route(_alert_about(delivery, error))
        else:
            [result] = deliver(delivery.alert, [channel], call=_call_for(delivery))
            result = evolve(result, attempt=delivery.attempt)  # which the channel does not know
        self._outbox.finish(delivery, result, getattr(channel, "fallback", None), raised)
        return result


def _alert_about(delivery: Delivery, error: SetAsideError) -> Alert:
    alert_id, channel = delivery.alert.alert_id, delivery.channel_name
    facts: dict[str, Any] = {"channel": channel, "look_closer": f"spine alerts show {alert_id}"}
    return Alert(
        AlertSeverity.ERROR,
        f"an alert could not be delivered by {channel}",
        f"The delivery of alert {alert_id} is {error.message}",
        source=_SOURCE,
        run_id=delivery.alert.run_id,
        metadata=facts,
    )


def _call_for(delivery: Delivery) -> Callable[[AlertChannel, Alert], DeliveryResult]:
    return {
        DeliveryKind.FIRING: fire,
        DeliveryKind.RESOLVED: _resolve,
        DeliveryKind.ACKNOWLEDGED: _acknowledge,
    }[delivery.kind]


def _resolve(channel: AlertChannel, alert: Alert) -> DeliveryResult:
    if isinstance(channel, ResolvingChannel):
        return channel.resolve(alert)
    return DeliveryResult.ok(channel.name, "this channel cannot announce a resolution")


def _acknowledge(channel: AlertChannel, alert: Alert) -> DeliveryResult:
    if isinstance(channel, AcknowledgingChannel):
        return channel.acknowledge(alert)
    return DeliveryResult.ok(channel.name, "this channel cannot announce an acknowledgement")
