"""The state of a run for display: its status, and what it does not say by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spine.orchestration.status import WorkflowStatus


def state_of_run(run: Mapping[str, Any]) -> str:
    """Return the status of a run, such as `RUNNING (parking)`; RUNNING alone is one whose process lives."""
    note = _note(run)
    return f"{run['status']} ({note})" if note else str(run["status"])


def _note(run: Mapping[str, Any]) -> str | None:
    if run["is_abandoned"]:
        return "process gone"
    status = WorkflowStatus[run["status"]]
    if status.is_open and run["cancel_requested_at"] is not None:
        return "cancelling"
    if status is WorkflowStatus.RUNNING and run["park_requested_at"] is not None:
        return "parking"
    return None
