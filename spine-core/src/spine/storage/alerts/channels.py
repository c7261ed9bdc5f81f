"""Health of alert channels in SQL, and their pauses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from spine.framework.alerts.channel import DeliveryResult
from spine.storage.history import History
from spine.storage.tables.alerts import alert_channels as channels


def write_health(history: History, connection: Connection, result: DeliveryResult, now: datetime) -> None:
    """Record the result of a delivery in the health of its channel, which a Retry-After pauses."""
    from spine.framework.alerts.backoff import pause_after  # only for senders

    of_channel = history.own(channels) & (channels.c.name == result.channel_name)
    changes: dict[str, Any] = {"last_success_at": now, "consecutive_failures": 0}
    if not result.success:
        changes = {"last_failure_at": now, "consecutive_failures": channels.c.consecutive_failures + 1}
    connection.execute(update(channels).where(of_channel).values(changes))
    pause = None if result.success else pause_after(result)
    if pause is not None:
        earlier = channels.c.paused_until.is_(None) | (channels.c.paused_until < now + pause)
        connection.execute(update(channels).where(of_channel, earlier).values(paused_until=now + pause))


def end_pause(history: History, connection: Connection, name: str) -> None:
    """End the pause of a channel."""
    of_channel = (history.own(channels), channels.c.name == name)
    connection.execute(update(channels).where(*of_channel).values(paused_until=None))


def pauses(history: History, connection: Connection, names: Iterable[str], now: datetime) -> dict[str, datetime]:
    """Return the ends of the pauses at `now`, by channel, of those of `names` that are paused."""
    query = select(channels.c.name, channels.c.paused_until)
    query = query.where(history.own(channels), channels.c.name.in_(list(names)), channels.c.paused_until > now)
    return {row.name: row.paused_until for row in connection.execute(query)}
