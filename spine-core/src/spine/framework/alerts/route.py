"""Which channels an alert goes to, and why the others do not take it."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from spine.framework.alerts.alert import Alert
from spine.framework.alerts.channel import AcknowledgingChannel, AlertChannel, ResolvingChannel


@frozen
class Route:
    """One channel that takes an alert, as the outbox needs to know it."""

    channel_name: str
    throttle_minutes: float | None = None
    resolves: bool = False
    acknowledges: bool = False


@frozen
class RoutedAlert:
    """An alert and where it goes. `at_run_end` says that the end of its run raised it."""

    alert: Alert
    routes: tuple[Route, ...] = ()
    at_run_end: bool = False


def route_of(channel: AlertChannel) -> Route:
    """Return what the outbox needs to know of `channel`."""
    return Route(
        channel.name,
        getattr(channel, "throttle_minutes", None),
        isinstance(channel, ResolvingChannel),
        isinstance(channel, AcknowledgingChannel),
    )


def explain_route(alert: Alert, channels: Iterable[AlertChannel]) -> list[dict[str, object]]:
    """Return for each channel whether it takes `alert`, and the reason."""
    found = [(channel.name, _refusal(alert, channel)) for channel in channels]
    return [{"name": name, "takes": not why, "reason": why or "severity and domain fit"} for name, why in found]


def _refusal(alert: Alert, channel: AlertChannel) -> str:
    if not channel.enabled:
        return "it is disabled"
    if alert.severity < channel.min_severity:
        return f"{alert.severity.value} is below its min_severity {channel.min_severity.value}"
    if channel.should_send(alert):
        return ""
    domains = ", ".join(getattr(channel, "domains", ())) or "its own filter"
    return f"the domain {alert.effective_domain!r} does not fit {domains}"
