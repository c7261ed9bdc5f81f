"""Tells operators that a run takes longer than it should, while it does."""

from __future__ import annotations

import contextvars
import logging
from datetime import datetime
from threading import Lock, Timer
from typing import Any

from spine.core.clock import utc_now
from spine.framework.alerts import Alert, AlertSeverity, alert_registry
from spine.framework.alerts.store import alert_store
from spine.orchestration.alert_rules import RulesOf
from spine.orchestration.records import RunEvent

logger = logging.getLogger("spine.orchestration")

SLA_MINUTES = "sla_minutes"  # what marks such an alert in its metadata
_BEGINNINGS = ("run.started", "run.resumed")


class SlaAlert:
    """A run listener that raises one alert for a run that is not over `sla_minutes` after its start."""

    def __init__(self, rules_of: RulesOf) -> None:
        self._rules_of = rules_of
        self._timers: dict[str, Timer] = {}
        self._lock = Lock()

    def on_event(self, event: RunEvent) -> None:
        """Set a timer where a run begins, and stop it where the run ends or is parked."""
        if event.event_type in _BEGINNINGS:
            self._watch(event)
        elif event.event_type.startswith("run."):
            with self._lock:
                timer = self._timers.pop(event.run_id, None)
            if timer is not None:
                timer.cancel()

    def _watch(self, event: RunEvent) -> None:
        run = event.payload
        rules = self._rules_of(run["workflow"])
        if rules.sla_minutes is None or rules.on_sla is None or run["parent_run_id"]:
            return
        started_at = datetime.fromisoformat(run["started_at"])
        left = rules.sla_minutes * 60 - (utc_now() - started_at).total_seconds()
        alert = _describe(rules.on_sla, event, rules.sla_minutes)
        scope = contextvars.copy_context()  # a thread does not inherit it
        timer = Timer(max(left, 0.0), scope.run, args=(_raise_once, alert))
        timer.daemon = True
        with self._lock:
            self._timers[event.run_id] = timer
        timer.start()


def _describe(severity: AlertSeverity, event: RunEvent, minutes: float) -> Alert:
    run = event.payload
    facts: dict[str, Any] = {SLA_MINUTES: minutes, "look_closer": f"spine runs show {event.run_id}"}
    return Alert(
        severity,
        f"{run['workflow']} takes longer than {minutes:g} minutes",
        f"The run started at {run['started_at']} and is not over.",
        source=run["workflow"],
        domain=run["domain"] or None,
        run_id=event.run_id,
        metadata=facts,
    )


def is_sla_alert(alert: Alert) -> bool:
    """Say whether an alert tells of a run that takes too long, rather than of what is wrong with it."""
    return SLA_MINUTES in alert.metadata


def _raise_once(alert: Alert) -> None:
    try:
        told = alert_store().list_alerts(run_id=alert.run_id)
        if not any(is_sla_alert(sent.alert) for sent in told):  # before it was resumed, perhaps
            alert_registry.send_to_all(alert)
    except Exception:
        logger.exception("the alert that run %s takes too long could not be raised", alert.run_id)
