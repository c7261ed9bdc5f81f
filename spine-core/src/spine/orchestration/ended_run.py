"""The end of a run as plain data, for the log of a service and from a process that executed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spine.orchestration.result import WorkflowResult


def ended_run(result: WorkflowResult) -> dict[str, Any]:
    """Return what the log says of a run that has ended or waits, as JSON values."""
    tick = result.context.schedule
    return {
        "run_id": result.run_id,
        "workflow": result.workflow_name,
        "partition": dict(result.context.partition),
        "schedule": None if tick is None else tick.name,
        "status": result.status.name,
        "outcome": result.outcome,
        "duration_seconds": result.duration_seconds,
        "error_step": result.error_step,
        "error": result.error,
        "headline": result.headline,
    }
