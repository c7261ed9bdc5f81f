"""Execution of a run that a run queue passed to this process."""

from __future__ import annotations

from attrs import evolve

from spine.orchestration import WorkflowRunner
from spine.orchestration.lease import LimitReachedError
from spine.orchestration.records import RunRecord
from spine.orchestration.registry import ChangedWorkflowError, UnknownWorkflowError, target_workflow
from spine.orchestration.result import WorkflowResult
from spine.orchestration.run_queue import QUEUE_LEASE
from spine.orchestration.run_store import RunStore
from spine.orchestration.stop import Stop
from spine.scheduling.run_pool import Crashes

_LONGEST_PAUSE = 60.0  # seconds before a run that was refused is enqueued again


def proceed_queued(
    runs: RunStore, runner: WorkflowRunner, run_id: str, crashes: Crashes, stop: Stop | None
) -> WorkflowResult:
    """Execute the remaining steps of a run under a lease of `runner`, taken from the queue.

    Raises LeaseError if another process holds it. Raises LimitReachedError, and UnknownWorkflowError or
    ChangedWorkflowError if this process has other code than the run was made with; then the run is enqueued again, each
    time a little later.
    """
    try:
        known = _read(runs, run_id)
        return runner.proceed(
            run_id,
            on_crash=crashes.on_crash,
            max_crashes=crashes.max_crashes,
            stop=stop,
            handed_by=QUEUE_LEASE.owner,
            known=known,
        )
    except LimitReachedError:
        _give_back(runs, run_id)
        raise
    except (UnknownWorkflowError, ChangedWorkflowError):
        _put_off(runs, run_id)
        raise


def _read(runs: RunStore, run_id: str) -> RunRecord | None:
    """Return a run; ChangedWorkflowError if it was made with other code than this process has."""
    run = runs.get_run(run_id)
    if run is None or run.status.has_ended or run.parent_run_id is not None:
        return run  # a child run that its parent left is ended, whatever its code
    own = target_workflow(run.workflow_name).definition_hash()
    if own != run.definition_hash:
        raise ChangedWorkflowError(
            f"this process has another definition of workflow {run.workflow_name!r} ({own[:8]}) than the run "
            f"({run.definition_hash[:8]}): deploy one version to all workers, and see spine workers list"
        )
    return run


def _give_back(runs: RunStore, run_id: str) -> None:
    """Release the lease of the queue, so that a scheduler or a worker finds the run."""
    run = runs.get_run(run_id)
    if run is not None and run.lease_owner == QUEUE_LEASE.owner:
        runs.release(run_id, run.fence)


def _put_off(runs: RunStore, run_id: str) -> None:
    """Leave a run in the queue, to be enqueued again after a pause: perhaps no worker has its code any more.

    The pause is a second longer each time that it was enqueued, which its fence counts.
    """
    run = runs.get_run(run_id)
    if run is not None and run.lease_owner == QUEUE_LEASE.owner:
        seconds = min(run.fence + 1.0, _LONGEST_PAUSE)
        runs.renew({run_id: run.fence}, evolve(QUEUE_LEASE, seconds=seconds))
