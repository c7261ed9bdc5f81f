"""Incidents in SQL: opened by the first alert of a cause, closed with their throttle when the work succeeds again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, bindparam, delete, exists, insert, select, update

from spine.core.ids import new_id
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.outbox import DeliveryKind, DeliveryStatus
from spine.orchestration.alerts.rules import not_started_fingerprint, sla_fingerprint
from spine.orchestration.records import RunRecord
from spine.orchestration.status import WorkflowStatus
from spine.storage.alerts.rows import stored_fingerprint
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.tables.alerts import alert_deliveries as deliveries
from spine.storage.tables.alerts import alert_incidents as incidents
from spine.storage.tables.alerts import alert_throttle as throttle
from spine.storage.tables.alerts import alerts
from spine.storage.tables.runs import runs
from spine.storage.tables.schedules import schedules

_ENDED_RUNS = [status.name for status in WorkflowStatus if status.has_ended]
_FAILED_RUNS = [status.name for status in WorkflowStatus if status.has_failed]
# the message that represents alerts which were throttled, before its time
WAITS = and_(deliveries.c.status == "THROTTLED", deliveries.c.next_retry_at.is_not(None))
# a message that no sender has at the moment: it is new, or tried again
UNCLAIMED = and_(deliveries.c.status == "PENDING", deliveries.c.claimed_by.is_(None))
_RESOLVED_FIRST = "held back: its incident was resolved before it could be sent"
_ANY_OPEN = (
    select(incidents.c.id)
    .where(incidents.c.project == bindparam("of_project"), incidents.c.resolved_at.is_(None))
    .limit(1)
)


class Incidents:
    """Incidents in SQL; every method works inside the caller's transaction."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._clock = StoreClock(history.adapter)

    def join(self, connection: Connection, alert: Alert, now: datetime) -> str:
        """Add `alert` to the open incident of its fingerprint, or open one; return the incident's id."""
        fingerprint = stored_fingerprint(alert)
        self._lock(connection, fingerprint)
        is_open = (
            self._history.own(incidents),
            incidents.c.fingerprint == fingerprint,
            incidents.c.resolved_at.is_(None),
        )
        found: str | None = connection.execute(select(incidents.c.id).where(*is_open)).scalar()
        if found is not None:
            more = {"alert_count": incidents.c.alert_count + 1}
            connection.execute(update(incidents).where(incidents.c.id == found).values(more))
            return found
        incident_id = new_id()
        row = {"id": incident_id, "fingerprint": fingerprint, "alert_id": alert.alert_id}
        row["project"] = self._history.project
        connection.execute(insert(incidents).values(**row, alert_count=1, opened_at=now))
        return incident_id

    def locked(self, connection: Connection, incident_id: str) -> RowMapping | None:
        """Return an incident and lock it until the transaction ends."""
        query = select(incidents).where(incidents.c.id == incident_id)
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        self._lock(connection, row["fingerprint"])
        return connection.execute(query).mappings().one()

    def describe(self, connection: Connection, incident_id: str, alert: Alert) -> Alert:
        """Return `alert` with the facts of its incident, which has ended."""
        from spine.framework.alerts.resolution import with_incident  # only for senders

        row = connection.execute(select(incidents).where(incidents.c.id == incident_id)).mappings().one_or_none()
        if row is None or row["resolved_at"] is None:
            return alert
        return with_incident(alert, row["opened_at"], row["resolved_at"], row["alert_count"])

    def recover(self, connection: Connection, run: RunRecord) -> None:
        """Close the incidents whose last open alert the success of this run resolves: see AlertRules."""
        found_any = connection.execute(_ANY_OPEN, {"of_project": self._history.project}).first()
        if found_any is None:  # the usual case: the query below costs more
            return
        of_work = (runs.c.workflow_name == run.workflow_name, runs.c.partition_key == run.partition)
        same = (self._history.own(runs), *of_work)
        failed = select(runs.c.run_id).where(*same, runs.c.status.in_(_FAILED_RUNS))
        own = (alerts.c.run_id == run.run_id) & alerts.c.at_run_end  # it failed, and was resumed
        resolved = alerts.c.run_id.in_(failed) | own | _is_late(run, same) | _was_not_started(run)
        is_open = (alerts.c.resolved_at.is_(None), alerts.c.incident_id.is_not(None))
        found = connection.execute(
            select(alerts.c.id, alerts.c.incident_id).where(self._history.own(alerts), *is_open, resolved)
        ).all()
        if not found:
            return
        now = self._clock.read(connection)
        ids = [row.id for row in found]
        connection.execute(update(alerts).where(alerts.c.id.in_(ids)).values(resolved_at=now))
        self._close_finished(connection, sorted({row.incident_id for row in found}), now)

    def close(self, connection: Connection, incident_id: str, now: datetime) -> bool:
        """End an incident and notify the channels that delivered its firing; False if it has ended already."""
        incident = self.locked(connection, incident_id)
        if incident is None or incident["resolved_at"] is not None:
            return False
        connection.execute(update(incidents).where(incidents.c.id == incident_id).values(resolved_at=now))
        same_cause = (self._history.own(throttle), throttle.c.fingerprint == incident["fingerprint"])
        # the throttle ends with its incident: the next alert of this cause is a new one, and is sent at once
        connection.execute(delete(throttle).where(*same_cause))
        unresolved = (alerts.c.incident_id == incident_id, alerts.c.resolved_at.is_(None))
        connection.execute(update(alerts).where(*unresolved).values(resolved_at=now))
        self._hold_back(connection, incident_id)
        self.tell(connection, incident_id, DeliveryKind.RESOLVED)
        return True

    def acknowledge(self, connection: Connection, incident_id: str, now: datetime) -> bool:
        """Acknowledge an incident; False if it is over or acknowledged already."""
        incident = self.locked(connection, incident_id)
        if incident is None or incident["resolved_at"] is not None or incident["acknowledged_at"] is not None:
            return False
        connection.execute(update(incidents).where(incidents.c.id == incident_id).values(acknowledged_at=now))
        self.tell(connection, incident_id, DeliveryKind.ACKNOWLEDGED)
        return True

    def tell(self, connection: Connection, incident_id: str, kind: DeliveryKind) -> None:
        """Put `kind` into the outbox for each channel that delivered the firing and has no delivery of `kind`."""
        of_incident = deliveries.c.alert_id.in_(_alerts_of(incident_id))
        told = select(deliveries.c.channel_name).where(of_incident, deliveries.c.kind == kind.value)
        query = (
            select(deliveries.c.channel_name, deliveries.c.alert_id)
            .where(of_incident, deliveries.c.kind == "FIRING", deliveries.c.status == "SENT")
            .where(deliveries.c.channel_name.not_in(told))
            .order_by(deliveries.c.delivered_at)
        )
        last = {row.channel_name: row.alert_id for row in connection.execute(query)}
        for channel, alert_id in last.items():
            row = {"id": new_id(), "alert_id": alert_id, "channel_name": channel, "kind": kind.value}
            row |= {"status": DeliveryStatus.PENDING.value, "attempt": 0, "project": self._history.project}
            connection.execute(insert(deliveries).values(row))

    def _hold_back(self, connection: Connection, incident_id: str) -> None:
        """Hold back the further messages about an incident, which would arrive after its resolution."""
        of_incident = (deliveries.c.alert_id.in_(_alerts_of(incident_id)), deliveries.c.kind == "FIRING")
        delivered = select(deliveries.c.channel_name).where(*of_incident, deliveries.c.status == "SENT")
        retried = and_(UNCLAIMED, deliveries.c.channel_name.in_(delivered))
        changes = {"status": DeliveryStatus.THROTTLED.value, "next_retry_at": None, "reason": _RESOLVED_FIRST}
        connection.execute(update(deliveries).where(*of_incident, WAITS | retried).values(changes))

    def _close_finished(self, connection: Connection, ids: Iterable[str], now: datetime) -> None:
        for incident_id in ids:
            self.locked(connection, incident_id)
            left = exists().where(alerts.c.incident_id == incident_id, alerts.c.resolved_at.is_(None))
            if not connection.execute(select(left)).scalar():
                self.close(connection, incident_id, now)

    def _lock(self, connection: Connection, fingerprint: str) -> None:
        self._history.lock(connection, f"spine.alert.{fingerprint}")


def _is_late(run: RunRecord, same: tuple[ColumnElement[bool], ...]) -> ColumnElement[bool]:
    """Return the condition for SLA alerts of this run, and of earlier ones that have ended."""
    ended = select(runs.c.run_id).where(*same, runs.c.status.in_(_ENDED_RUNS) | (runs.c.run_id == run.run_id))
    return (alerts.c.fingerprint == sla_fingerprint(run.workflow_name)) & alerts.c.run_id.in_(ended)


def _was_not_started(run: RunRecord) -> ColumnElement[bool]:
    """Return the condition for alerts that the run's schedule could not create a run."""
    name = select(schedules.c.name).where(schedules.c.id == run.schedule_id).scalar_subquery()
    return alerts.c.fingerprint == not_started_fingerprint("") + name


def _alerts_of(incident_id: str) -> Any:
    return select(alerts.c.id).where(alerts.c.incident_id == incident_id)
