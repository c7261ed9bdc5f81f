"""Alerts that were not sent, and the reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from spine.framework.alerts.alert import TEST_SOURCE
from spine.framework.alerts.outbox import DeliveryKind, DeliveryStatus
from spine.storage.alerts.rows import shown
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.tables.alerts import alert_channels as channels
from spine.storage.tables.alerts import alert_deliveries as deliveries
from spine.storage.tables.alerts import alert_incidents as incidents
from spine.storage.tables.alerts import alerts
from spine.storage.types import of_row

UNROUTED = "UNROUTED"
_FIRING = deliveries.c.kind == DeliveryKind.FIRING.value
_SENT_ALERTS = select(deliveries.c.alert_id).where(_FIRING, deliveries.c.status == DeliveryStatus.SENT.value)
NEVER_SENT = alerts.c.id.not_in(_SENT_ALERTS) & (alerts.c.source != TEST_SOURCE)  # a test was for whoever made it
_LATE = timedelta(minutes=1)  # a process that delivers takes seconds
_NO_PROCESS = "overdue: no process delivers"


@frozen
class UnsentCounts:
    """Numbers of alerts that no channel has delivered.

    `failed` were given up, `overdue` should have been sent more than a minute ago, `waiting` are to be sent, for the
    first time or again, `unrouted` are of ERROR or worse and taken by no channel, `minor` are below ERROR and taken by
    no channel.
    """

    failed: int = 0
    overdue: int = 0
    unrouted: int = 0
    minor: int = 0
    throttled: int = 0
    silenced: int = 0
    waiting: int = 0


def with_deliveries(history: History, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of alerts with `delivery` and `reason`, and `is_overdue` for one that no process delivers."""
    now = StoreClock(history.adapter).now()
    of_alert: defaultdict[str, list[RowMapping]] = defaultdict(list)
    query = select(deliveries).where(_FIRING, deliveries.c.alert_id.in_([row["id"] for row in found]))
    with history.reader.connect() as connection:
        for row in connection.execute(query.order_by(deliveries.c.channel_name, deliveries.c.id)).mappings():
            of_alert[row["alert_id"]].append(row)
        paused = _paused(history, connection, now)
    shown_rows = []
    for alert in found:
        rows = of_alert[alert["id"]]
        late = {row["id"] for row in rows if row["channel_name"] not in paused and _is_overdue(alert, row, now)}
        told = {"delivery": _best(rows), "reason": _why(alert, rows, late), "is_overdue": bool(late)}
        shown_rows.append({**alert, **told})
    return shown_rows


def count_unsent(history: History, since: datetime) -> UnsentCounts:
    """Count the alerts raised after `since` that no channel has delivered, by reason; test alerts do not count."""
    recent = (alerts.c.created_at > since, NEVER_SENT)
    status = deliveries.c.status
    no_delivery = alerts.c.id.not_in(select(deliveries.c.alert_id))
    of_note = alerts.c.severity.in_(["ERROR", "CRITICAL"])
    is_late = _is_late(history)
    return UnsentCounts(
        failed=_count(history, *recent, status == "FAILED"),
        overdue=_count(history, is_late),
        unrouted=_count(history, *recent, no_delivery, of_note),
        minor=_count(history, *recent, no_delivery, ~of_note),
        throttled=_count(history, *recent, status == "THROTTLED"),
        silenced=_count(history, *recent, status == "SILENCED"),
        waiting=_count(history, *recent, status == "PENDING", ~is_late),
    )


def count_open(history: History) -> tuple[int, int]:
    """Count the alerts of open incidents that no channel has delivered, and those of them that no process delivers."""
    of_open = select(incidents.c.id).where(history.own(incidents), incidents.c.resolved_at.is_(None))
    unsent = (NEVER_SENT, alerts.c.incident_id.in_(of_open))
    return _count(history, *unsent), _count(history, *unsent, _is_late(history))


def _is_late(history: History) -> ColumnElement[bool]:
    """Return the condition of a delivery that was due a while ago, by a channel that is not paused."""
    now = StoreClock(history.adapter).now()
    paused = select(channels.c.name).where(history.own(channels), channels.c.paused_until > now)
    status, retry = deliveries.c.status, deliveries.c.next_retry_at
    is_open = (status == DeliveryStatus.PENDING.value) | (
        (status == DeliveryStatus.THROTTLED.value) & retry.is_not(None)
    )
    is_due = func.coalesce(retry, alerts.c.created_at) < now - _LATE
    return is_open & is_due & deliveries.c.channel_name.not_in(paused)


def _count(history: History, *conditions: ColumnElement[bool]) -> int:
    joined = alerts.outerjoin(deliveries, (deliveries.c.alert_id == alerts.c.id) & _FIRING)
    query = select(func.count(alerts.c.id.distinct())).select_from(joined).where(history.own(alerts), *conditions)
    with history.reader.connect() as connection:
        return int(connection.execute(query).scalar_one())


def _best(rows: Iterable[RowMapping]) -> str:
    found = sorted(map(_status_of, rows), key=lambda status: status.rank)
    return found[0].value if found else UNROUTED


@of_row
def _status_of(row: RowMapping) -> DeliveryStatus:
    return DeliveryStatus(row["status"])


def _paused(history: History, connection: Connection, now: datetime) -> set[str]:
    query = select(channels.c.name).where(history.own(channels), channels.c.paused_until > now)
    return set(connection.execute(query).scalars())


def _is_overdue(alert: Mapping[str, Any], row: RowMapping, now: datetime) -> bool:
    """Return True for a delivery that a process would have made by now."""
    is_open = row["status"] == DeliveryStatus.PENDING.value or (
        row["status"] == DeliveryStatus.THROTTLED.value and row["next_retry_at"] is not None
    )
    return is_open and (row["next_retry_at"] or alert["created_at"]) < now - _LATE


def _why(alert: Mapping[str, Any], rows: Iterable[RowMapping], late: Collection[str]) -> str | None:
    unsent = (row for row in rows if row["status"] != DeliveryStatus.SENT.value)
    reasons = [f"{row['channel_name']}: {_reason(row, is_late=row['id'] in late)}" for row in unsent]
    return "; ".join(reasons) or alert["unrouted"]


def _reason(row: RowMapping, *, is_late: bool) -> str:
    retry = f"next attempt at {shown(row['next_retry_at'])}" if row["next_retry_at"] else None
    if is_late:
        retry = _NO_PROCESS
        if row["status"] == DeliveryStatus.THROTTLED.value or not row["error"]:
            return retry
    if row["status"] in (DeliveryStatus.PENDING.value, DeliveryStatus.FAILED.value) and row["error"]:
        return "; ".join(text for text in (row["error"], retry) if text)
    return row["reason"] or retry or {"PENDING": "not tried yet"}.get(row["status"], row["status"].lower())
