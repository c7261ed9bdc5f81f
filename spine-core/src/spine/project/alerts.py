"""Alerts of a project, their deliveries, and the actions on incidents."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from spine.core.errors import SpineError
from spine.framework.alerts import Alert, DeliveryResult, alert_registry
from spine.project.page import Row, Rows
from spine.storage.alerts import queries, unsent
from spine.storage.alerts.endings import with_endings

if TYPE_CHECKING:
    from spine.app import Application
    from spine.framework.alerts.silence import Silence

logger = logging.getLogger("spine.alerts")

# the health of a channel that has never been used
_UNUSED: Row = {
    **dict.fromkeys(("last_success_at", "last_failure_at", "paused_until")),
    "consecutive_failures": 0,
}


@frozen
class Alerts:
    """Queries over alerts, and actions. An alert is given by its id, a unique part of it, or `latest`.

    Raises UnknownAlertError if there is none, or several.
    """

    _application: Application

    def list(
        self,
        *,
        run: str | None = None,
        severity: str | None = None,
        only_open: bool = False,
        unsent: bool = False,
        newest_of_incident: bool = False,
        limit: int = 20,
    ) -> Rows:
        """Return the newest alerts first, each with the end of its incident as `incident_resolved_at`.

        `delivery` is the best status of its deliveries, UNROUTED if no channel takes it; `reason` says why a channel
        has not delivered it, and `is_overdue` that no process does. `ends_after` says which run ends an open incident;
        it is None where only `resolve` does. With `unsent`, only those that no channel has delivered, without tests,
        with `newest_of_incident` the last one of each incident.
        """
        chosen: dict[str, Any] = {"run_id": run, "severity": severity, "only_open": only_open, "unsent": unsent}
        chosen["newest_of_incident"] = newest_of_incident
        found = queries.list_alerts(self._application.history, **chosen, limit=limit)
        return with_endings(self._application.history, found, self._recovers)

    def count_unsent(self, since: datetime) -> dict[str, int]:
        """Count the alerts raised after `since` that no channel has delivered, by reason."""
        return asdict(unsent.count_unsent(self._application.history, since))

    def find(self, alert: str) -> Row:
        """Return an alert with what `list` says of its delivery and the end of its incident."""
        history = self._application.history
        found = unsent.with_deliveries(history, [queries.find_alert(history, alert)])
        [row] = with_endings(history, found, self._recovers)
        return row

    def _recovers(self, workflow: str) -> bool:
        return self._application.alert_rules(workflow).on_recovery

    def incident(self, alert: str) -> Row:
        """Return the incident of an alert; UnknownAlertError if it has none."""
        return queries.find_incident(self._application.history, alert)

    def incidents(self, *, only_open: bool = False, limit: int = 20) -> Rows:
        """Return the newest incidents first, each with the facts of its first alert, whose id is `alert_id`.

        They are `severity`, `title`, `source`, `domain` and `run_id`.
        """
        return queries.list_incidents(self._application.history, only_open=only_open, limit=limit)

    def silences(self) -> Rows:
        """Return the silences that have not ended, the one that ends first first."""
        return queries.list_silences(self._application.history)

    def deliveries(self, alert: str) -> Rows:
        """Return the deliveries of an alert, by channel."""
        return queries.alert_deliveries_of(self._application.history, self.find(alert)["id"])

    def history(self, *, channel: str | None = None, status: str | None = None, limit: int = 20) -> Rows:
        """Return the newest deliveries first, each with its alert's `title`."""
        return queries.list_deliveries(self._application.history, channel=channel, status=status, limit=limit)

    def channels(self) -> Rows:
        """Return the channels and their health, by name, as `spine.toml` declares them now, each with its `target`.

        That is the host which gets the alerts, without paths and credentials; None if the channel has none.
        """
        targets = self._application.channel_targets()
        kept = {row["name"]: row for row in queries.list_channels(self._application.history)}
        declared = self._application.describe_channels()
        rows = sorted(declared, key=itemgetter("name"))
        return [{**_UNUSED, **kept.get(row["name"], {}), **row, "target": targets.get(row["name"])} for row in rows]

    def explain(self, alert: Alert) -> Rows:
        """Return for each channel whether it accepts `alert`, and the reason; nothing is sent."""
        return alert_registry.explain(alert)

    def send_to(self, alert: Alert, channel: str) -> DeliveryResult:
        """Send `alert` through one channel now, bypassing its filters and the outbox; nothing else is sent.

        A success ends the channel's pause.
        """
        return alert_registry.send(alert, channel)

    def flush(self, *, force: bool = False) -> Sequence[DeliveryResult]:
        """Send the deliveries in the outbox that are due; with `force`, all that are pending."""
        return self._application.send_alerts(force=force)

    def retry(self, alert: str) -> Sequence[DeliveryResult]:
        """Retry the deliveries of an alert that failed permanently, and send what else is due."""
        found = self.find(alert)["id"]
        self._application.alerts.retry(found)
        return self._application.send_alerts()

    def acknowledge(self, alert: str) -> Row:
        """Acknowledge the incident of an alert, notify the channels, and return the incident."""
        incident = self._to_end(alert)
        self._application.alerts.acknowledge(incident["id"])
        self._send_due()
        return self.incident(incident["alert_id"])

    def resolve(self, alert: str) -> Row:
        """Resolve the incident of an alert, notify the channels that delivered it, and return the incident."""
        incident = self._to_end(alert)
        self._application.alerts.resolve(incident["id"])
        self._send_due()
        return self.incident(incident["alert_id"])

    def _send_due(self) -> None:
        """Send what is due, after an action that is done: a channel at fault is a warning."""
        try:
            self._application.send_alerts()
        except SpineError as error:
            logger.warning("done, but what is due was not sent: %s", error)

    def _to_end(self, alert: str) -> Row:
        """Return the incident of an alert; for `latest` the newest that is open."""
        if alert != queries.LATEST:
            return self.incident(alert)
        if not (found := self.incidents(only_open=True, limit=1)):
            raise queries.UnknownAlertError("no incident is open: list the alerts with spine alerts list")
        return found[0]

    def silence(self, silence: Silence) -> None:
        """Suppress every alert that matches `silence` until its end."""
        self._application.alerts.silence(silence)
        self._send_due()
