"""States of runs for display, and the commands that continue those whose process has ended, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spine.cli.output import shown_id
from spine.orchestration.status import WorkflowStatus


def resume_commands(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the commands: those of a backfill are resumed with it, and before others."""
    gone = [run for run in runs if run["is_abandoned"]]
    for backfill in dict.fromkeys(run["backfill_id"] for run in gone if run["backfill_id"]):
        yield f"spine backfills resume {shown_id(backfill)}"
    single = [run["run_id"] for run in gone if not run["backfill_id"]]
    if single:
        yield f"spine runs resume {shown_id(single[0])}" if len(single) == 1 else "spine runs recover"


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
