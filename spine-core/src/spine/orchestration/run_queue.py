"""Run queue: transactional handover of runs to workers in other processes and on other machines."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from spine.core.errors import OrchestrationError, SpineError, ValidationError
from spine.core.names import validate_name
from spine.orchestration.lease import Lease, LeaseError
from spine.orchestration.records import DEFAULT_QUEUE, RunRecord

# lease of a queued run: if the queue loses it, a scheduler or a worker enqueues it again after a day
QUEUE_LEASE = Lease("queue", 86_400.0)

_LONGEST_QUEUE = 64  # characters of its column


def check_queue(name: object) -> str:
    """Return the name of a queue; ValidationError for one that is no name, or too long."""
    checked = validate_name(name, "queue")
    if len(checked) > _LONGEST_QUEUE:
        raise ValidationError(f"queue {checked!r:.80} is too long: use {_LONGEST_QUEUE} characters at most")
    return checked


def held_elsewhere(run: RunRecord) -> LeaseError:
    """Return the error for a run that another process, or a queue, holds."""
    if run.lease_owner == QUEUE_LEASE.owner:
        return LeaseError(
            f"run {run.run_id} waits in a queue for a worker: see spine workers list, take it from there with "
            f"spine runs resume {run.run_id} --force, or cancel it"
        )
    return LeaseError(f"run {run.run_id} is being run by {run.lease_owner}: wait for it, or cancel it")


class QueueWorker(Protocol):
    """The worker of this process, as a run queue sees it: how much to fetch, and what to do with a run."""

    @property
    def queues(self) -> Sequence[str]:
        """Names of the queues to fetch from."""
        ...

    @property
    def concurrency(self) -> int:
        """Maximum number of runs at once."""
        ...

    @property
    def stopping(self) -> threading.Event:
        """Set when the worker is to fetch no more runs."""
        ...

    def execute(self, run_id: str) -> None:
        """Execute the remaining steps of a run, in the calling thread; threads may call it at the same time.

        A run that is not due, or that another process executes, is left alone. An error means that the run was not
        taken from the queue, as the database is away: its job must come again.
        """
        ...


@runtime_checkable
class RunQueue(Protocol):
    """Queue of runs for workers in other processes; implemented by an executor whose workers fetch runs.

    Storage calls `enqueue` inside the transaction that creates the run or makes it due again, so that run and job are
    committed together or not at all. A worker calls `Project.proceed(run_id)`.
    """

    def enqueue(
        self,
        connection: Any,
        run_id: str,
        queue: str = DEFAULT_QUEUE,
        priority: int = 0,
        not_before: datetime | None = None,
    ) -> None:
        """Insert the job through `connection`, a SQLAlchemy connection whose transaction the caller commits.

        Jobs of a higher `priority` come first; none is started before `not_before`, an aware time.
        """
        ...


@runtime_checkable
class WorkerQueue(RunQueue, Protocol):
    """Run queue whose workers are processes of `spine worker run`."""

    def work(self, worker: QueueWorker) -> None:
        """Fetch runs and call `worker.execute` for each, until `worker.stopping` is set; then return.

        A job is finished when `execute` returns, and comes again when it raises or when this process is killed. While
        the database is away, it keeps trying.
        """
        ...


def enqueue_run(queue: RunQueue, connection: Any, run: RunRecord) -> None:
    """Enqueue a run, one that has begun before new ones of its priority.

    Any error is raised as an OrchestrationError, which affects this run only.
    """
    priority = 2 * run.priority + (not run.is_prepared)
    try:
        queue.enqueue(connection, run.run_id, run.queue, priority)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        name = getattr(queue, "name", type(queue).__name__)
        if isinstance(error, SpineError):
            raise OrchestrationError(f"executor {name!r} did not take the run: {error}", cause=error) from error
        raise OrchestrationError(
            f"executor {name!r} did not take the run into its queue: {type(error).__name__}: {error}; "
            "see what provides it: spine plugins list",
            cause=error if isinstance(error, Exception) else None,
        ) from error
