"""Records for the tests of the stores."""

from __future__ import annotations

from datetime import UTC, datetime

from spine.orchestration import StepStatus, WorkflowStatus
from spine.orchestration.lease import Lease, process_name
from spine.orchestration.records import RunRecord, StepRecord
from spine.orchestration.run_store import RunStore

NOW = datetime(2025, 12, 15, 6, 30, 0, 123456, tzinfo=UTC)
LEASE = Lease(process_name())

RUN = RunRecord(
    run_id="r1",
    workflow_name="w",
    workflow_version=3,
    domain="finra",
    partition={"week": "20251215"},
    status=WorkflowStatus.RUNNING,
    started_at=NOW,
    params={"z": [1, 2.5, None], "a": {"id": "007"}},
    definition_hash="0" * 64,
    total_steps=2,
    triggered_by="cli",
)
STEP = StepRecord("s1", "r1", "ingest", "pipeline", 0, 1, 3, StepStatus.RUNNING, NOW, params={"limit": 5})


def create(store: RunStore, run: RunRecord = RUN, lease: Lease = LEASE, **limits: int) -> RunRecord:
    """Create a run without limits."""
    created = store.create(run, {"name": run.workflow_name}, limits, lease)
    assert created is not None
    return created
