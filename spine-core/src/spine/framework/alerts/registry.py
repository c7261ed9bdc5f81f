"""Registry of the alert channels, and routing of alerts to them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from spine.core.errors import ConfigError, SpineError, ValidationError
from spine.core.kept_text import kept_text
from spine.core.registry import Registry
from spine.core.scope import current_scope, in_dry_run
from spine.framework.alerts.alert import Alert, AlertSeverity
from spine.framework.alerts.channel import AlertChannel, ChannelType, DeliveryResult
from spine.framework.alerts.outbox import AlertOutbox, alert_outbox
from spine.framework.alerts.route import RoutedAlert, explain_route, route_of, why_unrouted
from spine.framework.alerts.store import alert_store
from spine.framework.work import current_work

logger = logging.getLogger(__name__)


@frozen
class StandIn:
    """Channel that takes the place of every channel of an ambient registry, where the current scope has one."""

    channel: AlertChannel


@frozen
class DeclaredChannels:
    """Channels that the settings of a project declare; `register` makes and registers those that are not there yet."""

    register: Callable[[], None]


class AlertRegistry:
    """Channels by name. Every sent alert is recorded in the current project's `AlertStore`.

    An `ambient` registry holds the channels of the current project, those that it declares from their first use on; any
    other one has its own.
    """

    def __init__(self, *, ambient: bool = False) -> None:
        self._ambient = ambient
        self._channels: Registry[AlertChannel] = Registry("alert channel", ambient=ambient)

    def register(self, channel: AlertChannel, *, replace: bool = False) -> AlertChannel:
        """Add `channel` and return it; ValueError if its name is taken, ValidationError if it is not a channel."""
        if not isinstance(channel, AlertChannel):
            raise ValidationError(f"{channel!r:.80} is not an alert channel: derive it from BaseChannel", value=channel)
        return self._channels.add(channel.name, channel, replace=replace)

    def unregister(self, name: str) -> AlertChannel | None:
        """Remove the channel of that name and return it, None if there was none."""
        return self._channels.remove(name)

    def get(self, name: str) -> AlertChannel | None:
        """Return the channel of that name, None if there is none."""
        if (stand_in := self._stand_in()) is not None:
            return stand_in
        found = self._channels.find(name)
        if found is None:
            self._register_declared()
            found = self._channels.find(name)
        return found

    def list_channels(self) -> list[str]:
        """Return the names of all channels, sorted."""
        return [channel.name for channel in self._sorted()]

    def list_by_type(self, channel_type: ChannelType | str) -> list[str]:
        """Return the names of the channels of one type, sorted."""
        return [channel.name for channel in self._sorted() if channel.channel_type == channel_type]

    def send(self, alert: Alert, channel_name: str) -> DeliveryResult:
        """Send `alert` through one channel, without its filters.

        An unknown or disabled channel gives a failed result with a ConfigError; for an unknown one nothing is recorded.
        """
        channel = self.get(channel_name)
        if channel is None:
            return DeliveryResult.fail(channel_name, ConfigError(self._channels.not_found(channel_name)))
        if not channel.enabled:
            result = DeliveryResult.fail(channel_name, ConfigError(f"alert channel {channel_name!r} is disabled"))
        else:
            [result] = _deliver(alert, [channel])
        _record(alert, [result])
        return result

    def send_to_all(self, alert: Alert) -> list[DeliveryResult]:
        """Send `alert` through every channel that accepts it, in parallel; return the results in order of names."""
        return self._send(alert, self._sorted())

    def send_to_type(self, alert: Alert, channel_type: ChannelType | str) -> list[DeliveryResult]:
        """Send `alert` through every channel of one type that accepts it; return the results in order of names."""
        return self._send(alert, [channel for channel in self._sorted() if channel.channel_type == channel_type])

    def routed(self, alert: Alert, *, at_run_end: bool = False) -> RoutedAlert:
        """Return `alert` with its routes, in order of names; a channel whose filter fails accepts it."""
        return _routed(alert, self._sorted(), at_run_end=at_run_end)

    def explain(self, alert: Alert) -> list[dict[str, object]]:
        """Return for each channel whether it accepts `alert`, and the reason."""
        return explain_route(alert, self._sorted())

    def flush(self, *, force: bool = False) -> list[DeliveryResult]:
        """Send the due deliveries of the project's outbox, with `force` all pending ones; none without a project."""
        outbox = alert_outbox()
        if outbox is None:
            return []
        results = self._try(outbox, outbox.due(force=force))
        if any(result.success for result in results):  # a resolution may follow what has just been sent
            results += self._try(outbox, outbox.due())
        return results

    def _send(self, alert: Alert, channels: list[AlertChannel]) -> list[DeliveryResult]:
        if in_dry_run():
            logger.info("a dry run sends no alert: %r", alert.title)
            return []
        outbox = alert_outbox() if self._ambient else None
        if outbox is None:
            return _send(alert, channels)
        try:
            kept = outbox.add(_routed(alert, channels))
        except SpineError:  # a duplicate is better than a lost alert
            logger.exception("the alert %r could not be stored: sending it at once", alert.title)
            return _deliver(alert, [channel for channel in channels if _takes(channel, alert)])
        pending = {item.channel_name: [item.delivery_id] for item in kept if item.reason is None}
        sent = self._try(outbox, pending)
        held = [DeliveryResult.ok(item.channel_name, item.reason, attempt=0) for item in kept if item.reason]
        return sorted([*sent, *held], key=lambda result: result.channel_name)

    def _try(self, outbox: AlertOutbox, due: Mapping[str, Sequence[str]]) -> list[DeliveryResult]:
        if not due:
            return []
        from spine.framework.alerts.sender import AlertSender  # most runs have nothing to send

        return AlertSender(outbox, self.get, self.routed).send(due)

    def _sorted(self) -> list[AlertChannel]:
        if (stand_in := self._stand_in()) is not None:
            return [stand_in]
        self._register_declared()
        return [channel for _, channel in sorted(self._channels.entries().items())]

    def _register_declared(self) -> None:
        declared = current_scope().find(DeclaredChannels) if self._ambient else None
        if declared is not None and not in_dry_run():
            declared.register()

    def _stand_in(self) -> AlertChannel | None:
        found = current_scope().find(StandIn) if self._ambient else None
        return None if found is None else found.channel


def _routed(alert: Alert, channels: Sequence[AlertChannel], *, at_run_end: bool = False) -> RoutedAlert:
    routes = tuple(route_of(channel) for channel in channels if _takes(channel, alert))
    return RoutedAlert(alert, routes, at_run_end, None if routes else why_unrouted(alert, channels))


def _takes(channel: AlertChannel, alert: Alert) -> bool:
    try:
        return channel.should_send(alert)
    except Exception:
        logger.exception("the filter of alert channel %r failed: sending it the alert", channel.name)
        return True


def _deliver(alert: Alert, channels: list[AlertChannel]) -> list[DeliveryResult]:
    from spine.framework.alerts.delivery import deliver  # most runs have nothing to send

    return deliver(alert, channels)


def _send(alert: Alert, channels: Iterable[AlertChannel]) -> list[DeliveryResult]:
    taking: list[AlertChannel] = []
    results: dict[str, DeliveryResult] = {}
    for channel in channels:
        try:
            if channel.should_send(alert):
                taking.append(channel)
        except Exception as error:  # noqa: BLE001 - a channel's own filter must not stop the other channels
            results[channel.name] = DeliveryResult.fail(channel.name, error)
    results |= zip([channel.name for channel in taking], _deliver(alert, taking), strict=True)
    if not results:
        logger.info("no channel accepts the alert %r (%s)", alert.title, alert.severity.value)
    in_order = [results[name] for name in sorted(results)]
    _record(alert, in_order)
    return in_order


def _record(alert: Alert, results: list[DeliveryResult]) -> None:
    try:
        alert_store().record(alert, results)
    except SpineError:  # the delivery has succeeded, and callers send alerts while they handle an error
        logger.exception("the alert %r was sent but could not be recorded", alert.title)


alert_registry = AlertRegistry(ambient=True)


def send_alert(
    severity: AlertSeverity, title: str, message: str, source: str, **alert_fields: Any
) -> list[DeliveryResult]:
    """Send an alert through every channel of `alert_registry` that accepts it.

    Returns when each has answered or reached its deadline, results in order of names. `alert_fields` are further fields
    of Alert; inside a step or pipeline, domain, run_id and execution_id are filled in if not given, and step and
    partition are added to the metadata.
    """
    if (work := current_work()) is not None:
        known = {"domain": work.domain, "run_id": work.run_id, "execution_id": work.execution_id}
        alert_fields = known | {name: value for name, value in alert_fields.items() if value is not None}
        place = {"step": work.step, "partition": dict(work.partition) or None}
        facts = {name: value for name, value in place.items() if value is not None}
        alert_fields["metadata"] = facts | dict(alert_fields.get("metadata", {}))
    title, message = kept_text(title), kept_text(message)
    return alert_registry.send_to_all(Alert(severity, title, message, source, **alert_fields))
