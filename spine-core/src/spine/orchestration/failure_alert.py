"""Tells operators that a run failed, and that the next one did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spine.core.hashing import canonical_json
from spine.framework.alerts import Alert, AlertSeverity, alert_registry
from spine.framework.alerts.outbox import PreparedAlert
from spine.framework.alerts.store import alert_store
from spine.orchestration.records import RunEvent, RunRecord
from spine.orchestration.status import WorkflowStatus

_FAILURES = (WorkflowStatus.FAILED, WorkflowStatus.CRASHED)


class FailureAlert:
    """A run listener that raises one alert for a failed run, unless one of its steps has sent one already.

    The alert is committed together with the run's end, and sent then. A child run is part of the run that started it.
    """

    def __init__(self, severity: AlertSeverity) -> None:
        self._severity = severity
        self._raised: dict[str, PreparedAlert] = {}

    def alerts_for_end(self, run: RunRecord) -> Sequence[PreparedAlert]:
        """Return the alert of a run that failed."""
        if run.status not in _FAILURES or run.parent_run_id or alert_store().list_alerts(run_id=run.run_id):
            return ()
        self._raised[run.run_id] = prepared = alert_registry.prepare(self._alert(run))
        return (prepared,)

    def on_event(self, event: RunEvent) -> None:
        prepared = self._raised.pop(event.run_id, None) if event.event_type in ("run.failed", "run.crashed") else None
        if prepared is not None:
            alert_registry.send_prepared(prepared)

    def _alert(self, run: RunRecord) -> Alert:
        facts: dict[str, Any] = {
            "step": run.error_step,
            "error_category": run.error_category,
            "retryable": run.error_retryable,
            "look_closer": f"spine runs show {run.run_id}",
        }
        return Alert(
            self._severity,
            f"{run.workflow_name} {run.status.value}",
            f"Step {run.error_step!r} failed: {run.error}" if run.error_step else str(run.error),
            source=run.workflow_name,
            domain=run.domain or None,
            run_id=run.run_id,
            fingerprint=_fingerprint(run.workflow_name, run.partition),
            metadata=facts,
        )


class RecoveryAlert:
    """A run listener that resolves, when a run completes, what failed runs of its workflow and partition had raised."""

    def on_event(self, event: RunEvent) -> None:
        run = event.payload
        if event.event_type == "run.completed" and not run["parent_run_id"]:
            alert_registry.resolve(_fingerprint(run["workflow"], run["partition"]))


def _fingerprint(workflow: str, partition: Mapping[str, Any]) -> str:
    return f"run|{workflow}|{canonical_json(partition)}"
