"""Alerts, deliveries, incidents and silences in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, insert, or_, select, update

from spine.core.adapters.database import DatabaseAdapter
from spine.core.ids import new_id
from spine.framework.alerts.alert import Alert, describe_error
from spine.framework.alerts.store import Delivery, DeliveryStatus, Incident, SentAlert, Silence, Throttle
from spine.history.store_clock import StoreClock
from spine.history.tables import (
    alert_channels,
    alert_deliveries,
    alert_incidents,
    alert_silences,
    alert_throttle,
    alerts,
)

_ALERT_ERROR = "error"  # where the metadata of a stored alert keep what the alert's error said


class SqlAlertStore:
    """An AlertStore over the `core_alert*` tables."""

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter
        self._clock = StoreClock(adapter)

    def now(self) -> datetime:
        return self._clock.now()

    def add(self, alert: Alert, deliveries: Sequence[Delivery], throttles: Sequence[Throttle] = ()) -> None:
        with self._adapter.engine.begin() as connection:
            self.write(connection, alert, deliveries, throttles)

    def write(
        self, connection: Connection, alert: Alert, deliveries: Sequence[Delivery], throttles: Sequence[Throttle]
    ) -> None:
        """Do what `add` does, inside the transaction of `connection`."""
        self._adapter.lock(connection, f"spine.alert.{alert.incident_key}")
        connection.execute(insert(alerts).values(_alert_row(alert)))
        self._count(connection, alert)
        _write(connection, deliveries, throttles)

    def add_deliveries(self, deliveries: Sequence[Delivery], throttles: Sequence[Throttle] = ()) -> None:
        with self._adapter.engine.begin() as connection:
            _write(connection, deliveries, throttles)

    def finish(self, delivery: Delivery) -> None:
        row = _delivery_row(delivery)
        with self._adapter.engine.begin() as connection:
            connection.execute(update(alert_deliveries).where(alert_deliveries.c.id == row.pop("id")).values(row))
            _note_health(connection, delivery)

    def claim(self, until: datetime, *, due_at: datetime | None) -> list[tuple[Delivery, Alert]]:
        pending = select(alert_deliveries).where(alert_deliveries.c.status == DeliveryStatus.PENDING.name)
        if due_at is not None:
            due = alert_deliveries.c.next_retry_at
            pending = pending.where(or_(due.is_(None), due <= due_at))
        with self._adapter.engine.begin() as connection:
            rows = connection.execute(pending.with_for_update(skip_locked=True)).mappings().all()
            ids = [row["id"] for row in rows]
            connection.execute(
                update(alert_deliveries).where(alert_deliveries.c.id.in_(ids)).values(next_retry_at=until)
            )
            found = {row["id"]: row for row in _alerts(connection, {row["alert_id"] for row in rows})}
        return [(_delivery(row), _alert(found[row["alert_id"]])) for row in rows]

    def throttles(self, fingerprint: str | None = None) -> list[Throttle]:
        query = select(alert_throttle)
        if fingerprint is not None:
            query = query.where(alert_throttle.c.fingerprint == fingerprint)
        return [
            Throttle(row["fingerprint"], row["channel_name"], row["last_sent_at"], row["send_count"], row["expires_at"])
            for row in self._read(query)
        ]

    def silences(self) -> list[Silence]:
        query = select(alert_silences).where(alert_silences.c.ends_at > self._clock.sql())
        return [Silence(row["match"], row["ends_at"], row["comment"], row["id"]) for row in self._read(query)]

    def add_silence(self, silence: Silence) -> None:
        row = {"id": silence.id, "match": dict(silence.match), "comment": silence.comment, "ends_at": silence.ends_at}
        with self._adapter.engine.begin() as connection:
            connection.execute(insert(alert_silences).values(created_at=self._clock.read(connection), **row))

    def incident(self, fingerprint: str) -> Incident | None:
        found = self._read(_open_incident(fingerprint))
        if not found:
            return None
        values = dict(found[0])
        values.pop("id")
        return Incident(**values)

    def acknowledge(self, fingerprint: str) -> None:
        with self._adapter.engine.begin() as connection:
            self._change_incident(connection, fingerprint, acknowledged_at=self._clock.read(connection))

    def resolve(self, fingerprint: str, deliveries: Sequence[Delivery]) -> None:
        with self._adapter.engine.begin() as connection:
            self._change_incident(connection, fingerprint, resolved_at=self._clock.read(connection))
            connection.execute(delete(alert_throttle).where(alert_throttle.c.fingerprint == fingerprint))
            _write(connection, deliveries, ())

    def get(self, alert_id: str) -> SentAlert | None:
        return next(iter(self._sent(select(alerts).where(alerts.c.id == alert_id))), None)

    def list_alerts(self, run_id: str | None = None, *, fingerprint: str | None = None) -> list[SentAlert]:
        query = select(alerts).order_by(alerts.c.created_at, alerts.c.id)
        if run_id is not None:
            query = query.where(alerts.c.run_id == run_id)
        if fingerprint is not None:
            query = query.where(alerts.c.fingerprint == fingerprint)
        return self._sent(query)

    def _sent(self, query: Select[Any]) -> list[SentAlert]:
        with self._adapter.reader.connect() as connection:
            rows = connection.execute(query).mappings().all()
            ids = {row["id"] for row in rows}
            sent: dict[str, list[Delivery]] = {}
            in_order = select(alert_deliveries).order_by(alert_deliveries.c.id)
            for row in connection.execute(in_order.where(alert_deliveries.c.alert_id.in_(ids))).mappings():
                sent.setdefault(row["alert_id"], []).append(_delivery(row))
        return [SentAlert(_alert(row), tuple(sent.get(row["id"], ()))) for row in rows]

    def _count(self, connection: Connection, alert: Alert) -> None:
        found = connection.execute(_open_incident(alert.fingerprint)).mappings().one_or_none()
        if found is not None:
            more = update(alert_incidents).where(alert_incidents.c.id == found["id"])
            connection.execute(more.values(alert_count=found["alert_count"] + 1))
            return
        row = {"id": new_id(), "fingerprint": alert.fingerprint, "alert_id": alert.alert_id, "alert_count": 1}
        connection.execute(insert(alert_incidents).values(opened_at=self._clock.read(connection), **row))

    def _change_incident(self, connection: Connection, fingerprint: str, **values: Any) -> None:
        same = (alert_incidents.c.fingerprint == fingerprint, alert_incidents.c.resolved_at.is_(None))
        connection.execute(update(alert_incidents).where(*same).values(values))

    def _read(self, query: Select[Any]) -> Sequence[RowMapping]:
        with self._adapter.reader.connect() as connection:
            return connection.execute(query).mappings().all()


def _open_incident(fingerprint: str) -> Select[Any]:
    return select(alert_incidents).where(
        alert_incidents.c.fingerprint == fingerprint, alert_incidents.c.resolved_at.is_(None)
    )


def _alerts(connection: Connection, ids: Iterable[str]) -> Sequence[RowMapping]:
    return connection.execute(select(alerts).where(alerts.c.id.in_(ids))).mappings().all()


def _write(connection: Connection, deliveries: Sequence[Delivery], throttles: Sequence[Throttle]) -> None:
    if deliveries:
        connection.execute(insert(alert_deliveries), [_delivery_row(delivery) for delivery in deliveries])
    for held in throttles:
        key = (alert_throttle.c.fingerprint == held.fingerprint, alert_throttle.c.channel_name == held.channel_name)
        row = {"last_sent_at": held.last_sent_at, "send_count": held.suppressed, "expires_at": held.expires_at}
        if not connection.execute(update(alert_throttle).where(*key).values(row)).rowcount:
            row |= {"fingerprint": held.fingerprint, "channel_name": held.channel_name}
            connection.execute(insert(alert_throttle).values(row))


def _note_health(connection: Connection, delivery: Delivery) -> None:
    own = update(alert_channels).where(alert_channels.c.name == delivery.channel_name)
    if delivery.status is DeliveryStatus.SENT:
        connection.execute(own.values(last_success_at=delivery.delivered_at, consecutive_failures=0))
    else:
        failures = alert_channels.c.consecutive_failures + 1
        connection.execute(own.values(last_failure_at=delivery.attempted_at, consecutive_failures=failures))


def _alert_row(alert: Alert) -> dict[str, Any]:
    shown = alert.to_dict()
    metadata = shown["metadata"]
    if (error := describe_error(alert.error)) is not None:
        metadata = {**metadata, _ALERT_ERROR: error}
    return {
        "id": alert.alert_id,
        "severity": alert.severity.value,
        "title": alert.title,
        "message": alert.message,
        "source": alert.source,
        "domain": alert.domain,
        "run_id": alert.run_id,
        "execution_id": alert.execution_id,
        "error_category": metadata.get("error_category"),
        "metadata": metadata,
        "fingerprint": alert.fingerprint,
        "created_at": alert.created_at,
    }


def _alert(row: RowMapping) -> Alert:
    metadata = dict(row["metadata"])
    error = metadata.pop(_ALERT_ERROR, None)
    return Alert(
        row["severity"],
        row["title"],
        row["message"],
        row["source"],
        row["domain"],
        row["execution_id"],
        row["run_id"],
        error["message"] if error else None,
        metadata,
        row["created_at"],
        row["fingerprint"],
        alert_id=row["id"],
    )


def _delivery_row(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "alert_id": delivery.alert_id,
        "channel_name": delivery.channel_name,
        "status": delivery.status.name,
        "attempt": delivery.attempt,
        "attempted_at": delivery.attempted_at,
        "delivered_at": delivery.delivered_at,
        "response": delivery.response,
        "error": delivery.error,
        "next_retry_at": delivery.next_retry_at,
        "resolves": delivery.resolves,
    }


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(**{**row, "status": DeliveryStatus[row["status"]]})
