"""Execution of a run that a run queue passed to this process."""

from __future__ import annotations

from spine.orchestration import WorkflowRunner
from spine.orchestration.lease import LimitReachedError
from spine.orchestration.registry import ChangedWorkflowError, UnknownWorkflowError, target_workflow
from spine.orchestration.result import WorkflowResult
from spine.orchestration.run_queue import QUEUE_LEASE
from spine.orchestration.run_store import RunStore
from spine.orchestration.stop import Stop
from spine.scheduling.run_pool import Crashes


def proceed_queued(
    runs: RunStore, runner: WorkflowRunner, run_id: str, crashes: Crashes, stop: Stop | None
) -> WorkflowResult:
    """Execute the remaining steps of a run under a lease of `runner`, taken from the queue.

    Raises LeaseError if another process holds it. Raises LimitReachedError, and UnknownWorkflowError or
    ChangedWorkflowError if this process has other code than the run was made with; then the run is enqueued again.
    """
    try:
        _check_code(runs, run_id)
        return runner.proceed(
            run_id,
            on_crash=crashes.on_crash,
            max_crashes=crashes.max_crashes,
            stop=stop,
            handed_by=QUEUE_LEASE.owner,
        )
    except (LimitReachedError, UnknownWorkflowError, ChangedWorkflowError):
        _give_back(runs, run_id)
        raise


def _check_code(runs: RunStore, run_id: str) -> None:
    run = runs.get_run(run_id)
    if run is None or run.status.has_ended:
        return
    own = target_workflow(run.workflow_name).definition_hash()
    if own != run.definition_hash:
        raise ChangedWorkflowError(
            f"this process has another definition of workflow {run.workflow_name!r} ({own[:8]}) than the run "
            f"({run.definition_hash[:8]}): deploy one version to all workers, and see spine workers list"
        )


def _give_back(runs: RunStore, run_id: str) -> None:
    """Release the lease of the queue, so that a scheduler or a worker finds the run."""
    run = runs.get_run(run_id)
    if run is not None and run.lease_owner == QUEUE_LEASE.owner:
        runs.release(run_id, run.fence)
