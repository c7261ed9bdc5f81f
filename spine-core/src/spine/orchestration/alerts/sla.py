"""Alert of a run that exceeds its SLA, raised while it runs."""

from __future__ import annotations

import logging
from contextvars import copy_context
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Any

from spine.core.clock import wait_for
from spine.framework.alerts import Alert, AlertSeverity, alert_registry
from spine.framework.alerts.store import alert_store
from spine.orchestration.alerts.rules import SLA_MINUTES, RulesOf, is_sla_alert, sla_fingerprint
from spine.orchestration.events import RunBegan, RunEnded, RunEvent, RunParked
from spine.orchestration.run_store import run_store

logger = logging.getLogger("spine.orchestration")


class SlaAlert:
    """Run listener that raises one alert for a run that has not ended `sla_minutes` after its start."""

    def __init__(self, rules_of: RulesOf) -> None:
        self._rules_of = rules_of
        self._ended: dict[str, Event] = {}
        self._lock = Lock()

    def on_event(self, event: RunEvent) -> None:
        """Watch a run from its start until it ends or is parked."""
        if isinstance(event, RunBegan):
            self._watch(event)
        elif isinstance(event, (RunEnded, RunParked)):
            with self._lock:
                ended = self._ended.pop(event.run_id, None)
            if ended is not None:
                ended.set()

    def _watch(self, event: RunBegan) -> None:
        rules = self._rules_of(event.workflow)
        if rules.sla_minutes is None or rules.on_sla is None or event.parent_run_id:
            return
        started_at = datetime.fromisoformat(event.started_at)
        left = rules.sla_minutes * 60 - (run_store().now() - started_at).total_seconds()
        alert = _describe(rules.on_sla, event, rules.sla_minutes)
        ended = Event()
        with self._lock:
            self._ended[event.run_id] = ended
        watch = (_raise_after, max(left, 0.0), ended, alert)
        Thread(target=copy_context().run, args=watch, name="spine-sla", daemon=True).start()


def _describe(severity: AlertSeverity, event: RunBegan, minutes: float) -> Alert:
    facts: dict[str, Any] = {SLA_MINUTES: minutes, "look_closer": f"spine runs show {event.run_id}"}
    return Alert(
        severity,
        f"{event.workflow} takes longer than {minutes:g} minutes",
        f"The run started at {event.started_at} and has not ended.",
        source=event.workflow,
        domain=event.domain or None,
        run_id=event.run_id,
        metadata=facts,
        fingerprint=sla_fingerprint(event.workflow),
    )


def _raise_after(seconds: float, ended: Event, alert: Alert) -> None:
    if wait_for(ended, seconds):
        return
    try:
        told = alert_store().list_alerts(run_id=alert.run_id)
        if not any(is_sla_alert(sent.alert) for sent in told):  # it may have been sent before the run was resumed
            alert_registry.send_to_all(alert)
    except Exception:
        logger.exception("the SLA alert of run %s could not be raised", alert.run_id)
