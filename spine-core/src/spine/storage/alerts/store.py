"""Alerts and their deliveries in SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from spine.framework.alerts.alert import Alert
from spine.framework.alerts.channel import DeliveryResult
from spine.framework.alerts.outbox import Delivery, DeliveryStatus
from spine.framework.alerts.route import RoutedAlert
from spine.framework.alerts.store import SentAlert
from spine.framework.events import AlertRaised, publish
from spine.orchestration.alerts.rules import RulesOf, usual_rules
from spine.orchestration.records import RunRecord
from spine.orchestration.status import WorkflowStatus
from spine.storage.alerts.channels import end_pause, write_health
from spine.storage.alerts.deliveries import Deliveries
from spine.storage.alerts.incidents import Incidents
from spine.storage.alerts.rows import alert_of, alert_row, delivery_row, outcome_columns
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.retry import persistently
from spine.storage.tables.alerts import alert_channels as channels
from spine.storage.tables.alerts import alert_deliveries as deliveries
from spine.storage.tables.alerts import alert_silences as silences
from spine.storage.tables.alerts import alerts
from spine.storage.types import of_row

if TYPE_CHECKING:
    from spine.framework.alerts.silence import Silence


class SqlAlertStore:
    """An AlertStore and an AlertOutbox. `throttle_minutes` is the default for routes that set none."""

    def __init__(self, history: History, *, throttle_minutes: float = 0.0, rules_of: RulesOf = usual_rules) -> None:
        self._history = history
        self._throttle_minutes = throttle_minutes
        self._rules_of = rules_of
        self._clock = StoreClock(history.adapter)
        self._incidents = Incidents(history)
        self._deliveries = Deliveries(history, self._incidents, self.add_within)
        self.claim = self._deliveries.claim
        self._stored, self._quiet_at = 0, -1  # the number of commits here, and the one at which nothing was open

    @property
    def is_quiet(self) -> bool:
        return self._quiet_at == self._stored

    def note_commit(self) -> None:
        """Note that this process has committed something that may have made a delivery due."""
        self._stored += 1

    def due(self, *, force: bool = False) -> dict[str, list[str]]:
        stored = self._stored
        if not self._deliveries.any_open():  # the usual case: what follows costs more
            self._quiet_at = stored
            return {}
        return self._deliveries.due(force=force)

    def finish(
        self, delivery: Delivery, result: DeliveryResult, fallback: str | None, raised: RoutedAlert | None = None
    ) -> None:
        self._deliveries.finish(delivery, result, fallback, raised)
        self.note_commit()

    def add(self, routed: RoutedAlert) -> list[Delivery]:
        with self._history.engine.begin() as connection:
            made = self.add_within(connection, routed)
        self.note_commit()
        publish([AlertRaised(routed.alert)])
        return made

    def add_within(self, connection: Connection, routed: RoutedAlert) -> list[Delivery]:
        """Do what `add` does inside the transaction of `connection`."""
        from spine.storage.alerts.intake import Intake  # most runs raise no alert

        now = self._clock.read(connection)
        incident_id = self._incidents.join(connection, routed.alert, now)
        intake = Intake(self._history, connection, now, self._deliveries.find_waiting, self._throttle_minutes)
        return intake.add(routed, incident_id)

    def end_run(self, connection: Connection, run: RunRecord, raised: Sequence[RoutedAlert]) -> None:
        """Write the alerts that a run's end raises, or close the incidents that its success resolves."""
        for routed in raised:
            self.add_within(connection, routed)
        if self.recovers(run):
            self._incidents.recover(connection, run)

    def recovers(self, run: RunRecord | None) -> bool:
        """Return True for a run whose success resolves alerts."""
        if run is None or run.status is not WorkflowStatus.COMPLETED or run.parent_run_id is not None:
            return False
        return self._rules_of(run.workflow_name).on_recovery

    def record(self, alert: Alert, results: Sequence[DeliveryResult]) -> None:
        """Record an alert that bypassed the outbox, sent through a channel that the caller named."""
        with self._history.engine.begin() as connection:
            connection.execute(
                insert(alerts).values(**alert_row(RoutedAlert(alert), None), project=self._history.project)
            )
            now = self._clock.read(connection)
            for result in results:
                status = DeliveryStatus.SENT if result.success else DeliveryStatus.FAILED
                row = delivery_row(alert, result.channel_name, status)
                row |= {
                    "project": self._history.project,
                    "attempt": result.attempt,
                    "attempted_at": now,
                    **outcome_columns(result),
                }
                row["delivered_at"] = now if result.success else None
                connection.execute(insert(deliveries).values(row))
                write_health(self._history, connection, result, now)
                if result.success:  # the service answers again
                    end_pause(self._history, connection, result.channel_name)

    def list_alerts(self, run_id: str | None = None) -> list[SentAlert]:
        query = select(alerts).where(self._history.own(alerts)).order_by(alerts.c.created_at, alerts.c.id)
        if run_id is not None:
            query = query.where(alerts.c.run_id == run_id)

        def once(connection: Connection) -> list[SentAlert]:
            found = [alert_of(row) for row in connection.execute(query).mappings()]
            return [SentAlert(alert, self._results(connection, alert)) for alert in found]

        return self._history.read(once)

    def acknowledge(self, incident_id: str) -> bool:
        """Acknowledge an incident; False if it is over or acknowledged already."""
        with self._history.engine.begin() as connection:
            return self._incidents.acknowledge(connection, incident_id, self._clock.read(connection))

    def resolve(self, incident_id: str) -> bool:
        """End an incident; False if it has ended already."""
        with self._history.engine.begin() as connection:
            closed = self._incidents.close(connection, incident_id, self._clock.read(connection))
        self.note_commit()
        return closed

    def retry(self, alert_id: str) -> int:
        """Make the failed deliveries of an alert pending again, and return how many there are."""
        failed = (deliveries.c.alert_id == alert_id, deliveries.c.status == "FAILED")
        with self._history.engine.begin() as connection:
            changes = {"status": "PENDING", "attempt": 0, "next_retry_at": None}
            count = connection.execute(update(deliveries).where(*failed).values(changes)).rowcount
        self.note_commit()
        return count

    def silence(self, silence: Silence) -> None:
        """Suppress the alerts that match `silence` until its end, also those that wait for their next attempt."""
        row = {
            "project": self._history.project,
            "id": silence.silence_id,
            "match": dict(silence.matchers),
            "comment": silence.comment or "",
        }
        with self._history.engine.begin() as connection:
            now = self._clock.read(connection)
            connection.execute(insert(silences).values(**row, created_at=now, ends_at=silence.ends_at))
            self._deliveries.silence_waiting(connection, silence)

    def sync_channels(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the channels that the project declares; their health is kept."""
        names = [str(name) for name in rows[0]] if rows else []
        own = self._history.own(channels)
        query = select(*([channels.c[name] for name in names] or [channels.c.name])).where(own)
        kept = self._history.read(lambda connection: connection.execute(query).mappings().all())
        if {row["name"]: dict(row) for row in rows} == {row["name"]: dict(row) for row in kept}:
            return

        def once(_is_retry: bool) -> None:
            with self._history.engine.begin() as connection:
                for row in rows:
                    known = update(channels).where(own, channels.c.name == row["name"]).values(row)
                    if not connection.execute(known).rowcount:
                        new = {"project": self._history.project, "consecutive_failures": 0}
                        connection.execute(insert(channels).values(**row, **new))
                gone = channels.c.name.not_in([row["name"] for row in rows])
                connection.execute(delete(channels).where(own, gone))

        persistently(once)

    def _results(self, connection: Connection, alert: Alert) -> tuple[DeliveryResult, ...]:
        tried = (deliveries.c.alert_id == alert.alert_id, deliveries.c.attempted_at.is_not(None))
        query = select(deliveries).where(*tried).order_by(deliveries.c.attempted_at)
        return tuple(_result_of(row) for row in connection.execute(query).mappings())


@of_row
def _result_of(row: RowMapping) -> DeliveryResult:
    return DeliveryResult(
        row["channel_name"],
        row["status"] == "SENT",
        message=row["error"],
        response=json.loads(row["response"]) if row["response"] else None,
        error=row["error"],
        delivered_at=row["delivered_at"] or row["attempted_at"],
        attempt=row["attempt"],
    )
