"""Repair of times that were written while the database's clock was ahead: they would hold work back until then."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, or_, select, update

from spine.core.clock import MOST_AHEAD
from spine.framework.alerts.backoff import LONGEST_PAUSE_SECONDS
from spine.framework.alerts.outbox import DeliveryStatus
from spine.orchestration.run_queue import QUEUE_LEASE
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.tables.alerts import alert_channels as channels
from spine.storage.tables.alerts import alert_deliveries as deliveries
from spine.storage.tables.alerts import alert_throttle, alerts
from spine.storage.tables.runs import runs

_OPEN = [status.value for status in DeliveryStatus if status.is_open]


def repair_times(history: History, lease_seconds: float) -> int:
    """End leases, throttles, pauses and delays of deliveries that began in the future; return the number of such rows.

    A live process renews its leases at once. Schedules are repaired by the scheduler.
    """
    clock = StoreClock(history.adapter)
    with history.engine.begin() as connection:
        return _shorten_leases(connection, history, clock, lease_seconds) + _forget_throttles(
            connection, history, clock
        )


def _shorten_leases(connection: Connection, history: History, clock: StoreClock, lease_seconds: float) -> int:
    ends_at, now = runs.c.lease_expires_at, clock.read(connection)
    length = timedelta(seconds=lease_seconds)
    too_long = (history.own(runs), ends_at > now + length + MOST_AHEAD, runs.c.lease_owner != QUEUE_LEASE.owner)
    found: int = connection.execute(update(runs).where(*too_long).values(lease_expires_at=now + length)).rowcount
    return found


def _forget_throttles(connection: Connection, history: History, clock: StoreClock) -> int:
    now = clock.read(connection)
    ahead = now + MOST_AHEAD
    begun = delete(alert_throttle).where(history.own(alert_throttle), alert_throttle.c.last_sent_at > ahead)
    raised = select(alerts.c.id).where(alerts.c.created_at > ahead)
    late = (
        history.own(deliveries),
        deliveries.c.status.in_(_OPEN),
        or_(deliveries.c.next_retry_at > now, deliveries.c.claimed_until > ahead),
        or_(deliveries.c.attempted_at > ahead, deliveries.c.alert_id.in_(raised)),
    )
    again = update(deliveries).where(*late).values(next_retry_at=now, claimed_by=None, claimed_until=None)
    longest = timedelta(seconds=LONGEST_PAUSE_SECONDS)
    paused = (
        update(channels)
        .where(history.own(channels), channels.c.paused_until > ahead + longest)
        .values(paused_until=None)
    )
    return sum(connection.execute(statement).rowcount for statement in (begun, again, paused))
