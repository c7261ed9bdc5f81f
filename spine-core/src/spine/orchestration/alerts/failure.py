"""Alert of a failed run."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from spine.framework.alerts import Alert, AlertSeverity, alert_registry
from spine.framework.alerts.outbox import alert_outbox
from spine.framework.alerts.resolution import WORKFLOW
from spine.framework.alerts.route import RoutedAlert
from spine.framework.alerts.store import alert_store
from spine.orchestration.alerts.rules import RulesOf, is_sla_alert
from spine.orchestration.events import RunEnded, RunEvent, RunParked, StepWaiting
from spine.orchestration.records import RunRecord

logger = logging.getLogger("spine.orchestration")

_FINGERPRINT = "failure"


class FailureAlert:
    """Run listener that raises one alert for a failed run, unless a step has already sent one of ERROR or worse.

    In a project the alert is committed with the end of the run, and due deliveries are sent after the commit. A child
    run is part of its parent run.
    """

    def __init__(self, rules_of: RulesOf) -> None:
        self._rules_of = rules_of
        self._raised: dict[str, Alert] = {}

    def alerts_for_end(self, run: RunRecord) -> Sequence[RoutedAlert]:
        """Return the alert of a run that failed, with its routes."""
        severity = self._rules_of(run.workflow_name).on_failure
        if not run.status.has_failed or severity is None or run.parent_run_id or _has_told(run, severity):
            return ()
        self._raised[run.run_id] = alert = _describe(severity, run)
        return (alert_registry.routed(alert, at_run_end=True),)

    def on_event(self, event: RunEvent) -> None:
        """Send the alert raised at the end of a run, and what else is due then or when a run waits or is parked."""
        if not isinstance(event, (RunEnded, RunParked, StepWaiting)):
            return
        alert = self._raised.pop(event.run_id, None)
        outbox = alert_outbox()
        if outbox is None and alert is not None:
            alert_registry.send_to_all(alert)
        elif outbox is not None and not outbox.is_quiet:  # others send what they have stored
            alert_registry.flush()


def _describe(severity: AlertSeverity, run: RunRecord) -> Alert:
    metadata: dict[str, Any] = {
        WORKFLOW: run.workflow_name,
        "step": run.error_step,
        **({"partition": dict(run.partition)} if run.partition else {}),
        "error_category": run.error_category,
        "retryable": run.error_retryable,
        "look_closer": f"spine runs show {run.run_id}",
    }
    return Alert(
        severity,
        f"{run.workflow_name} {run.status.value}",
        f"Step {run.error_step!r} failed: {run.error}" if run.error_step else str(run.error),
        source=run.workflow_name,
        domain=run.domain or None,
        run_id=run.run_id,
        error=_error_of(run),
        metadata=metadata,
        fingerprint="|".join((_FINGERPRINT, run.workflow_name, run.error_step or "", run.error_category or "")),
    )


def _error_of(run: RunRecord) -> dict[str, Any]:
    """Return the error of a run in the shape of `SpineError.to_dict()`, without what is not known."""
    known = {
        "error_type": run.error_type,
        "message": run.error,
        "category": run.error_category,
        "retryable": run.error_retryable,
    }
    return {name: value for name, value in known.items() if value is not None}


def _has_told(run: RunRecord, severity: AlertSeverity) -> bool:
    """Return True if a step of the run has sent an alert; in doubt, where the store cannot be read, none has.

    One below ERROR, or below `severity` where that is less, does not count: it tells of no failure, and most channels
    do not take it. Nor does the alert of an earlier end: the run was resumed, and has failed once more.
    """
    try:
        sent = [each.alert for each in alert_store().list_alerts(run_id=run.run_id)]
    except Exception as error:  # noqa: BLE001 - in doubt the failure is told
        logger.warning("the alerts of run %s could not be read, and its failure is told: %s", run.run_id, error)
        return False
    least = min(severity, AlertSeverity.ERROR)
    return any(alert.severity >= least and not _is_of_spine(alert) for alert in sent)


def _is_of_spine(alert: Alert) -> bool:
    return is_sla_alert(alert) or str(alert.fingerprint).startswith(f"{_FINGERPRINT}|")
