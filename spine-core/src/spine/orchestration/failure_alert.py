"""Tells operators that a run failed."""

from __future__ import annotations

from spine.framework.alerts import AlertSeverity, send_alert
from spine.framework.alerts.store import alert_store
from spine.orchestration.records import RunEvent

_FAILURES = {"run.failed": "failed", "run.crashed": "crashed"}


class FailureAlert:
    """A run listener that sends one alert for a failed run, unless one of its steps has sent one already.

    A child run is part of the run that started it.
    """

    def __init__(self, severity: AlertSeverity) -> None:
        self._severity = severity

    def on_event(self, event: RunEvent) -> None:
        run = event.payload
        if event.event_type not in _FAILURES or run["parent_run_id"] or alert_store().list_alerts(run_id=event.run_id):
            return
        send_alert(
            self._severity,
            f"{run['workflow']} {_FAILURES[event.event_type]}",
            f"Step {run['error_step']!r} failed: {run['error']}" if run["error_step"] else str(run["error"]),
            source=run["workflow"],
            domain=run["domain"] or None,
            run_id=event.run_id,
            metadata={
                "step": run["error_step"],
                "error_category": run["error_category"],
                "retryable": run["error_retryable"],
                "look_closer": f"spine runs show {event.run_id}",
            },
        )
