"""Queries over alerts: rows as dicts, keyed by the tables' column names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from spine.core.errors import ConfigError
from spine.core.suggest import no_such
from spine.storage.alerts.unsent import NEVER_SENT, with_deliveries
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.id_parts import with_id
from spine.storage.tables.alerts import alert_channels, alert_deliveries, alert_incidents, alert_silences, alerts

LATEST = "latest"


class UnknownAlertError(ConfigError):
    """No alert has that id or part of an id, or several do, or it belongs to no incident."""


def list_alerts(
    history: History,
    *,
    run_id: str | None = None,
    severity: str | None = None,
    only_open: bool = False,
    unsent: bool = False,
    newest_of_incident: bool = False,
    limit: int = 20,
) -> list[dict[str, Any]]:
    """Return the newest alerts first, each with the end of its incident as `incident_resolved_at`.

    With `newest_of_incident`, the last one of each incident alone. `delivery` is its best status, UNROUTED if no
    channel takes it; `reason` says why a channel has not delivered it.
    """
    joined = alerts.outerjoin(alert_incidents, alert_incidents.c.id == alerts.c.incident_id)
    query = (
        select(alerts, alert_incidents.c.resolved_at.label("incident_resolved_at"))
        .select_from(joined)
        .where(history.own(alerts))
    )
    if run_id is not None:
        query = query.where(alerts.c.run_id == run_id)
    if severity is not None:
        query = query.where(alerts.c.severity == severity)
    if only_open:
        query = query.where(alert_incidents.c.id.is_not(None), alert_incidents.c.resolved_at.is_(None))
    if unsent:
        query = query.where(NEVER_SENT)
    if newest_of_incident:
        last = select(func.max(alerts.c.id)).where(history.own(alerts)).group_by(alerts.c.incident_id)
        query = query.where(alerts.c.id.in_(last.where(alerts.c.incident_id.in_(_incidents(history, only_open)))))
    found = _rows(history, query.order_by(alerts.c.created_at.desc(), alerts.c.id.desc()).limit(limit))
    return with_deliveries(history, found)


def find_alert(history: History, given: str) -> dict[str, Any]:
    """Return an alert by its id, a part of it, or `latest`; UnknownAlertError if there is none or several."""
    query = select(alerts).where(history.own(alerts)).order_by(alerts.c.created_at.desc(), alerts.c.id.desc()).limit(2)
    if given == LATEST:
        found = _rows(history, query)
    else:
        found = list(with_id(lambda is_it: _rows(history, query.where(is_it)), alerts.c.id, given))
    if not found:
        raise UnknownAlertError(no_such("alert", given))
    if given != LATEST and len(found) > 1:
        raise UnknownAlertError(f"several alerts have {given!r:.80} in their id: give more of it")
    return found[0]


def find_incident(history: History, given: str) -> dict[str, Any]:
    """Return the incident of an alert; UnknownAlertError if the alert has none."""
    alert = find_alert(history, given)
    found = _rows(history, select(alert_incidents).where(alert_incidents.c.id == alert["incident_id"]))
    if not found:
        raise UnknownAlertError(f"alert {alert['id']} was sent to one channel by name and belongs to no incident")
    return found[0]


def list_incidents(history: History, *, only_open: bool = False, limit: int = 20) -> list[dict[str, Any]]:
    """Return the newest incidents first, each with facts of its first alert."""
    of_alert = [alerts.c[name] for name in ("severity", "title", "source", "domain", "run_id")]
    query = (
        select(alert_incidents, *of_alert)
        .outerjoin(alerts, alerts.c.id == alert_incidents.c.alert_id)
        .where(history.own(alert_incidents))
    )
    if only_open:
        query = query.where(alert_incidents.c.resolved_at.is_(None))
    return _rows(history, query.order_by(alert_incidents.c.opened_at.desc(), alert_incidents.c.id).limit(limit))


def count_open_incidents(history: History) -> int:
    """Count the incidents that are open."""
    query = select(func.count()).select_from(_incidents(history, only_open=True).subquery())
    with history.reader.connect() as connection:
        return int(connection.execute(query).scalar_one())


def _incidents(history: History, only_open: bool) -> Select[Any]:
    query = select(alert_incidents.c.id).where(history.own(alert_incidents))
    return query.where(alert_incidents.c.resolved_at.is_(None)) if only_open else query


def list_silences(history: History) -> list[dict[str, Any]]:
    """Return the silences that have not ended, the one that ends first first."""
    now = StoreClock(history.adapter).now()
    query = select(alert_silences).where(history.own(alert_silences), alert_silences.c.ends_at > now)
    return _rows(history, query.order_by(alert_silences.c.ends_at, alert_silences.c.id))


def alert_deliveries_of(history: History, alert_id: str) -> list[dict[str, Any]]:
    """Return the deliveries of an alert, by channel."""
    query = select(alert_deliveries).where(alert_deliveries.c.alert_id == alert_id)
    return _rows(history, query.order_by(alert_deliveries.c.channel_name, alert_deliveries.c.id))


def list_deliveries(
    history: History, *, channel: str | None = None, status: str | None = None, limit: int = 20
) -> list[dict[str, Any]]:
    """Return the newest deliveries first, each with its alert's `title`."""
    query = select(alert_deliveries, alerts.c.title).join(alerts, alerts.c.id == alert_deliveries.c.alert_id)
    query = query.where(history.own(alerts))
    if channel is not None:
        query = query.where(alert_deliveries.c.channel_name == channel)
    if status is not None:
        query = query.where(alert_deliveries.c.status == status)
    return _rows(history, query.order_by(alerts.c.created_at.desc(), alert_deliveries.c.id.desc()).limit(limit))


def list_channels(history: History) -> list[dict[str, Any]]:
    """Return the channels and their health, by name; `paused_until` is None if that time has passed."""
    now = StoreClock(history.adapter).now()
    rows = _rows(history, select(alert_channels).where(history.own(alert_channels)).order_by(alert_channels.c.name))
    over = {"paused_until": None}
    return [row if row["paused_until"] and row["paused_until"] > now else row | over for row in rows]


def _rows(history: History, query: Select[Any]) -> list[dict[str, Any]]:
    with history.reader.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query).fetchall()]
