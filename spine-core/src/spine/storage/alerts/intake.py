"""Intake of alerts: a new alert in SQL, with a delivery for each route, grouped with those of the same cause."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, insert, select, update

from spine.core.clock import MOST_AHEAD
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.grouping import Verdict, judge, window
from spine.framework.alerts.outbox import Delivery, DeliveryStatus
from spine.framework.alerts.route import Route, RoutedAlert
from spine.framework.alerts.silence import Silence
from spine.storage.alerts.channels import pauses
from spine.storage.alerts.rows import alert_row, delivery_row, shown, stored_fingerprint, why_silenced
from spine.storage.history import History
from spine.storage.tables.alerts import alert_deliveries as deliveries
from spine.storage.tables.alerts import alert_silences as silences
from spine.storage.tables.alerts import alert_throttle as throttle
from spine.storage.tables.alerts import alerts

_Held = tuple[DeliveryStatus, datetime | None, str | None]  # with the time of sending and the reason


@frozen
class Intake:
    """Adds alerts at `now` inside the transaction of `connection`; `find_waiting` is that of Deliveries."""

    history: History
    connection: Connection
    now: datetime
    find_waiting: Callable[[Connection, Alert, str], str | None]
    throttle_minutes: float

    def add(self, routed: RoutedAlert, incident_id: str) -> list[Delivery]:
        """Write an alert of an incident and its deliveries, and return those."""
        self.connection.execute(insert(alerts).values(**alert_row(routed, incident_id), project=self.history.project))
        silence = next((found for found in self._silences() if found.fits(routed.alert)), None)
        paused = pauses(self.history, self.connection, [route.channel_name for route in routed.routes], self.now)
        return [
            self._add_delivery(routed.alert, route, silence, paused.get(route.channel_name)) for route in routed.routes
        ]

    def _silences(self) -> list[Silence]:
        query = select(silences).where(self.history.own(silences), silences.c.ends_at > self.now)
        return [
            Silence(row["match"], row["ends_at"], row["comment"]) for row in self.connection.execute(query).mappings()
        ]

    def _add_delivery(
        self, alert: Alert, route: Route, silence: Silence | None, paused_until: datetime | None
    ) -> Delivery:
        status, due_at, reason = self._group(alert, route) if silence is None else _silenced(silence)
        if status is DeliveryStatus.PENDING and paused_until is not None:
            due_at, reason = paused_until, f"the channel is paused until {shown(paused_until)}"
        row = delivery_row(alert, route.channel_name, status) | {"next_retry_at": due_at, "reason": reason}
        row["project"] = self.history.project
        self.connection.execute(insert(deliveries).values(row))
        return Delivery(row["id"], alert, route.channel_name, status, reason=reason)

    def _group(self, alert: Alert, route: Route) -> _Held:
        place = (
            self.history.own(throttle),
            throttle.c.fingerprint == stored_fingerprint(alert),
            throttle.c.channel_name == route.channel_name,
        )
        kept = self.connection.execute(select(throttle.c.expires_at, throttle.c.last_sent_at).where(*place)).first()
        # a message that was sent in the future was sent by a clock that has been put right: its window is over
        ends_at = kept.expires_at if kept is not None and kept.last_sent_at <= self.now + MOST_AHEAD else None
        waiting = None if ends_at is None else self.find_waiting(self.connection, alert, route.channel_name)
        verdict = judge(self.now, ends_at, has_waiting=waiting is not None)
        if verdict is Verdict.WAIT:
            return DeliveryStatus.THROTTLED, ends_at, f"throttled until {shown(ends_at)}" if ends_at else None
        if verdict is Verdict.COUNT:
            count = {"suppressed_count": deliveries.c.suppressed_count + 1}
            self.connection.execute(update(deliveries).where(deliveries.c.id == waiting).values(count))
            return DeliveryStatus.THROTTLED, None, "throttled: the next message of this cause counts it"
        self._open_window(alert, route, is_new=kept is None)
        return DeliveryStatus.PENDING, None, None

    def _open_window(self, alert: Alert, route: Route, *, is_new: bool) -> None:
        expiry = self.now + window(route.throttle_minutes, self.throttle_minutes)
        place = {"fingerprint": stored_fingerprint(alert), "channel_name": route.channel_name}
        place["project"] = self.history.project
        times = {"last_sent_at": self.now, "expires_at": expiry}
        if is_new:
            row: dict[str, Any] = {**place, **times, "send_count": 1}
            self.connection.execute(insert(throttle).values(row))
        else:
            again = update(throttle).filter_by(**place).values(**times, send_count=throttle.c.send_count + 1)
            self.connection.execute(again)


def _silenced(silence: Silence) -> _Held:
    return DeliveryStatus.SILENCED, None, why_silenced(silence)
