"""Deliveries of alerts in SQL: queries for due deliveries, claims of attempts, and results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import evolve
from sqlalchemy import ColumnElement, Connection, RowMapping, and_, exists, insert, or_, select, update

from spine.core.ids import new_id
from spine.db.driver_statement import DriverQuery, in_row
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.channel import DeliveryResult
from spine.framework.alerts.outbox import Delivery, DeliveryKind, DeliveryStatus
from spine.framework.alerts.route import RoutedAlert
from spine.framework.events import AlertRaised, DeliveryTried, publish
from spine.orchestration.lease import is_gone, process_name
from spine.storage.alerts.channels import pauses, write_health
from spine.storage.alerts.incidents import UNCLAIMED, WAITS, Incidents
from spine.storage.alerts.rows import alert_of, outcome_columns, stored_fingerprint, why_silenced
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.retry import persistently
from spine.storage.tables.alerts import alert_deliveries as deliveries
from spine.storage.tables.alerts import alert_throttle as throttle
from spine.storage.tables.alerts import alerts

if TYPE_CHECKING:
    from spine.framework.alerts.silence import Silence

_OPEN = [status.name for status in DeliveryStatus if status.is_open]
_WITHOUT_RESULT = "attempts without a result: {}"
_WAITS_OR_RETRIED = or_(WAITS, and_(UNCLAIMED, deliveries.c.kind == "FIRING"))
_ANY_OPEN = (
    select(deliveries.c.id)
    .where(deliveries.c.project == in_row(0, deliveries.c.project), or_(deliveries.c.status == "PENDING", WAITS))
    .limit(1)
)


class Deliveries:
    """The sending part of an AlertOutbox; `add` stores an alert inside a transaction."""

    def __init__(
        self, history: History, incidents: Incidents, add: Callable[[Connection, RoutedAlert], object]
    ) -> None:
        self._history = history
        self._incidents = incidents
        self._add = add
        self._clock = StoreClock(history.adapter)

    def any_open(self) -> bool:
        """Return True if a delivery is open."""
        return bool(self._any_open.rows({"project": self._history.project}))

    def due(self, *, force: bool = False) -> dict[str, list[str]]:
        """Return what AlertOutbox.due does."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        with self._history.reader.connect() as connection:
            now = self._clock.read(connection)
            query = (
                select(deliveries)
                .join(alerts, alerts.c.id == deliveries.c.alert_id)
                .where(self._history.own(deliveries), _is_due(now, force=force))
                .order_by(alerts.c.created_at, deliveries.c.id)
            )
            for row in connection.execute(query).mappings():
                if not _is_claimed(row, now):
                    found[row["channel_name"]].append(row["id"])
            paused = pauses(self._history, connection, found, now)
        return {name: ids for name, ids in found.items() if name not in paused}

    @cached_property
    def _any_open(self) -> DriverQuery:
        return DriverQuery(self._history.adapter, _ANY_OPEN)

    def find_waiting(self, connection: Connection, alert: Alert, channel: str) -> str | None:
        """Return the waiting delivery that represents all alerts of this cause on this channel."""
        same = alerts.c.fingerprint == stored_fingerprint(alert)
        query = select(deliveries.c.id).join(alerts, alerts.c.id == deliveries.c.alert_id)
        found: str | None = connection.execute(
            query.where(self._history.own(alerts), WAITS, same, deliveries.c.channel_name == channel).limit(1)
        ).scalar()
        return found

    def silence_waiting(self, connection: Connection, silence: Silence) -> None:
        """Silence the messages that match `silence` and wait for the end of a throttle or for their next attempt."""
        query = select(deliveries.c.id.label("delivery_id"), alerts).join(alerts, alerts.c.id == deliveries.c.alert_id)
        rows = connection.execute(query.where(self._history.own(alerts), _WAITS_OR_RETRIED)).mappings().all()
        matching = [row["delivery_id"] for row in rows if silence.fits(alert_of(row))]
        changes = {"status": "SILENCED", "next_retry_at": None, "reason": why_silenced(silence)}
        connection.execute(update(deliveries).where(deliveries.c.id.in_(matching), _WAITS_OR_RETRIED).values(changes))

    def claim(self, delivery_id: str, seconds: float) -> Delivery | None:
        """Do what AlertOutbox.claim does."""
        mine = (self._history.own(deliveries), deliveries.c.id == delivery_id)
        query = select(deliveries).where(*mine).with_for_update()
        with self._history.engine.begin() as connection:
            row = connection.execute(query).mappings().one_or_none()
            now = self._clock.read(connection)
            if row is None or row["status"] not in _OPEN or _is_claimed(row, now):
                return None
            if pauses(self._history, connection, [row["channel_name"]], now):
                return None
            content = connection.execute(select(alerts).where(alerts.c.id == row["alert_id"])).mappings().one()
            if row["status"] == "THROTTLED":
                if row["next_retry_at"] is None:
                    return None
                _open_window(self._history, connection, content["fingerprint"], row["channel_name"], now)
            attempt = row["attempt"] + 1
            changes = {"status": "PENDING", "attempt": attempt, "attempted_at": now, "claimed_by": process_name()}
            unfinished = _unfinished(row)
            reason = _WITHOUT_RESULT.format(unfinished) if unfinished else None
            changes |= {"claimed_until": now + timedelta(seconds=seconds), "reason": reason}
            connection.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(changes))
            alert, kind = alert_of(content, row["suppressed_count"]), DeliveryKind(row["kind"])
            if kind is DeliveryKind.RESOLVED:
                alert = self._incidents.describe(connection, content["incident_id"], alert)
        return Delivery(
            delivery_id, alert, row["channel_name"], DeliveryStatus.PENDING, kind, attempt, None, unfinished
        )

    def finish(
        self, delivery: Delivery, result: DeliveryResult, fallback: str | None, raised: RoutedAlert | None
    ) -> None:
        """Do what AlertOutbox.finish does; a firing delivered after its incident's end is followed by a resolution."""
        persistently(lambda is_retry: self._finish(delivery, result, fallback, raised, is_retry=is_retry))
        error = None if result.success else result.message or str(result.error)
        place = (delivery.alert.alert_id, delivery.channel_name, delivery.attempt)
        publish([DeliveryTried(*place, result.success, error)])
        if raised is not None:
            publish([AlertRaised(raised.alert)])

    def _finish(
        self,
        delivery: Delivery,
        result: DeliveryResult,
        fallback: str | None,
        raised: RoutedAlert | None,
        *,
        is_retry: bool,
    ) -> None:
        claim = select(deliveries.c.claimed_by).where(deliveries.c.id == delivery.delivery_id)
        with self._history.engine.begin() as connection:
            if is_retry and connection.execute(claim).scalar() is None:
                return  # only the answer of the last try was lost
            incident_id = connection.execute(
                select(alerts.c.incident_id).where(alerts.c.id == delivery.alert.alert_id)
            ).scalar()
            incident = self._incidents.locked(connection, incident_id) if incident_id else None
            now = self._clock.read(connection)
            final = self._write(connection, delivery, result, now)
            write_health(self._history, connection, evolve(result, channel_name=delivery.channel_name), now)
            if raised is not None:
                self._add(connection, raised)
            if not result.success:
                from spine.framework.alerts.backoff import wants_fallback

                if fallback and wants_fallback(delivery.attempt, final=final):
                    _fall_back(self._history, connection, delivery, fallback)
            elif incident is not None and incident["resolved_at"] is not None and delivery.kind is DeliveryKind.FIRING:
                self._incidents.tell(connection, incident["id"], DeliveryKind.RESOLVED)

    def _write(self, connection: Connection, delivery: Delivery, result: DeliveryResult, now: datetime) -> bool:
        from spine.framework.alerts.backoff import retry_delay  # only for senders

        delay = None if result.success else retry_delay(result, delivery.attempt, now - delivery.alert.created_at)
        status = DeliveryStatus.SENT if result.success else DeliveryStatus.FAILED
        changes: dict[str, Any] = {
            "status": (status if delay is None else DeliveryStatus.PENDING).value,
            "delivered_at": now if result.success else None,
            "next_retry_at": None if delay is None else now + timedelta(seconds=delay),
            "claimed_by": None,
            "claimed_until": None,
            "reason": None,
            **outcome_columns(result),
        }
        mine: list[ColumnElement[bool]] = [deliveries.c.id == delivery.delivery_id]
        if not result.success:  # another sender may have claimed it
            mine.append(deliveries.c.attempt == delivery.attempt)
        connection.execute(update(deliveries).where(*mine).values(changes))
        return delay is None


def _is_due(now: datetime, *, force: bool) -> ColumnElement[bool]:
    time_has_come = deliveries.c.next_retry_at <= now
    pending = deliveries.c.status == "PENDING"
    if not force:
        pending = and_(pending, or_(deliveries.c.next_retry_at.is_(None), time_has_come))
    return or_(pending, and_(deliveries.c.status == "THROTTLED", time_has_come))


def _is_claimed(row: RowMapping, now: datetime) -> bool:
    owner, until = row["claimed_by"], row["claimed_until"]
    return owner is not None and until is not None and until > now and not is_gone(owner)


def _unfinished(row: RowMapping) -> int:
    """Return how many attempts, up to the last one, have no result; `reason` keeps the number."""
    if row["claimed_by"] is None:
        return 0
    earlier = (row["reason"] or "").removeprefix(_WITHOUT_RESULT.format(""))
    return int(earlier) + 1 if earlier.isdigit() else 1


def _open_window(history: History, connection: Connection, fingerprint: str, channel: str, now: datetime) -> None:
    place = (history.own(throttle), throttle.c.fingerprint == fingerprint, throttle.c.channel_name == channel)
    row = connection.execute(select(throttle).where(*place)).mappings().one_or_none()
    if row is not None:
        length = row["expires_at"] - row["last_sent_at"]
        changes = {"last_sent_at": now, "send_count": row["send_count"] + 1, "expires_at": now + length}
        connection.execute(update(throttle).where(*place).values(changes))


def _fall_back(history: History, connection: Connection, delivery: Delivery, fallback: str) -> None:
    alert_id, kind = delivery.alert.alert_id, delivery.kind.value
    same = (deliveries.c.alert_id == alert_id, deliveries.c.channel_name == fallback, deliveries.c.kind == kind)
    if fallback == delivery.channel_name or connection.execute(select(exists().where(*same))).scalar():
        return
    row = {"id": new_id(), "alert_id": alert_id, "channel_name": fallback, "kind": kind, "attempt": 0}
    row |= {"status": "PENDING", "fallback_for": delivery.channel_name, "project": history.project}
    connection.execute(insert(deliveries).values(row))
