"""The alert of a failed run whose incident has ended, as it reaches `resolve` of a channel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from spine.framework.alerts import Alert
from spine.framework.alerts.resolution import WORKFLOW, with_incident

START = datetime(2026, 3, 2, 6, 0, 7, tzinfo=UTC)
ALERT = Alert(
    "ERROR",
    "weekly failed",
    "Step 'load' failed: no file",
    source="weekly",
    run_id="r1",
    error={"error_type": "SourceNotFoundError", "message": "no file", "category": "SOURCE", "retryable": False},
    metadata={WORKFLOW: "weekly", "step": "load", "partition": {"week": "20260227"}, "error_category": "SOURCE"},
    created_at=START,
)
ENDED = with_incident(ALERT, START, START + timedelta(hours=2, minutes=10), 13)
SAID = "Resolved after 2 h 10 min: 13 failures since 2026-03-02 06:00:07 UTC."
