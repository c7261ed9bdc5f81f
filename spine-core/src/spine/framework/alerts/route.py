"""Routes of an alert, and the reasons of the channels that do not accept it."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from spine.framework.alerts.alert import Alert
from spine.framework.alerts.channel import AcknowledgingChannel, AlertChannel, BaseChannel, ResolvingChannel


@frozen
class Route:
    """Channel that accepts an alert, with the facts that the outbox needs."""

    channel_name: str
    throttle_minutes: float | None = None
    resolves: bool = False
    acknowledges: bool = False


@frozen
class RoutedAlert:
    """Alert and its routes. `at_run_end` is true if the end of its run raised it.

    `unrouted` is the reason why no channel takes it, if none does.
    """

    alert: Alert
    routes: tuple[Route, ...] = ()
    at_run_end: bool = False
    unrouted: str | None = None


def route_of(channel: AlertChannel) -> Route:
    """Return the route of `channel`, for the outbox."""
    return Route(
        channel.name,
        getattr(channel, "throttle_minutes", None),
        isinstance(channel, ResolvingChannel),
        isinstance(channel, AcknowledgingChannel),
    )


def explain_route(alert: Alert, channels: Iterable[AlertChannel]) -> list[dict[str, object]]:
    """Return for each channel whether it accepts `alert`, and the reason."""
    found = [(channel.name, _refusal(alert, channel)) for channel in channels]
    return [{"name": name, "takes": not why, "reason": why or "it fits"} for name, why in found]


def why_unrouted(alert: Alert, channels: Iterable[AlertChannel]) -> str:
    """Return the reason why none of `channels` takes `alert`."""
    reasons = [f"{row['name']}: {row['reason']}" for row in explain_route(alert, channels)]
    if not reasons:
        return "there is no such alert channel: add [channels.NAME] to spine.toml"
    return f"no channel takes it ({'; '.join(reasons)})"


def _refusal(alert: Alert, channel: AlertChannel) -> str:
    if isinstance(channel, BaseChannel) and (why := channel.refusal(alert)):
        return why
    return "" if channel.should_send(alert) else "its own filter rejects it"
