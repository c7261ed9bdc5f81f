"""Repair of times that were written while the database's clock was ahead: they would hold work back until then."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, or_, select, update

from spine.core.clock import MOST_AHEAD, was_ahead
from spine.framework.alerts.backoff import LONGEST_PAUSE_SECONDS
from spine.framework.alerts.outbox import DeliveryStatus
from spine.orchestration.resumption import Transition
from spine.orchestration.run_queue import QUEUE_LEASE
from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.tables.alerts import alert_channels as channels
from spine.storage.tables.alerts import alert_deliveries as deliveries
from spine.storage.tables.alerts import alert_throttle, alerts
from spine.storage.tables.backfills import backfills
from spine.storage.tables.runs import runs, steps

_OPEN = [status.value for status in DeliveryStatus if status.is_open]


def repair_times(history: History, lease_seconds: float) -> int:
    """End leases, throttles, pauses and delays of deliveries that began in the future; return the number of such rows.

    A live process renews its leases at once. Runs whose wait began in the future are woken, to wait from now on.
    Schedules are repaired by the scheduler.
    """
    clock = StoreClock(history.adapter)
    with history.engine.begin() as connection:
        leases = _shorten_leases(connection, history, clock, lease_seconds)
        return leases + _wake(connection, history, clock) + _forget_throttles(connection, history, clock)


def _shorten_leases(connection: Connection, history: History, clock: StoreClock, lease_seconds: float) -> int:
    now, length, found = clock.read(connection), timedelta(seconds=lease_seconds), 0
    for table in (runs, backfills):
        too_long = (history.own(table), table.c.lease_expires_at > now + length + MOST_AHEAD)
        held = update(table).where(*too_long, table.c.lease_owner != QUEUE_LEASE.owner)
        found += connection.execute(held.values(lease_expires_at=now + length)).rowcount
    return found


def _wake(connection: Connection, history: History, clock: StoreClock) -> int:
    now = clock.read(connection)
    waiting = (runs.c.status == WorkflowStatus.WAITING.name, runs.c.wake_at > now + MOST_AHEAD)
    query = (
        select(runs.c.run_id, steps.c.transition)
        .join(steps, steps.c.run_id == runs.c.run_id)
        .where(history.own(runs), *waiting, steps.c.status == StepStatus.WAITING.name)
    )
    begun = [(row.run_id, Transition.from_dict(row.transition).waits_since) for row in connection.execute(query)]
    ahead = {run_id for run_id, since in begun if since is not None and was_ahead(since, now)}
    woken = 0
    for run_id in sorted({_top(connection, run_id) for run_id in ahead}):  # which wakes those below
        wake = update(runs).where(runs.c.run_id == run_id, *waiting).values(wake_at=now)
        woken += connection.execute(wake).rowcount
    return woken


def _top(connection: Connection, run_id: str) -> str:
    while parent := connection.execute(select(runs.c.parent_run_id).where(runs.c.run_id == run_id)).scalar():
        run_id = parent
    return run_id


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
