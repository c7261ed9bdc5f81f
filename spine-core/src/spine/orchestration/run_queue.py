"""Run queue: transactional handover of runs to an executor on other machines."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from spine.core.errors import OrchestrationError
from spine.orchestration.lease import Lease

DEFAULT_QUEUE = "default"
# lease of a queued run: if the queue loses it, a scheduler enqueues it again after a day
QUEUE_LEASE = Lease("queue", 86_400.0)


@runtime_checkable
class RunQueue(Protocol):
    """Queue of runs for workers in other processes; implemented by an executor whose workers fetch runs.

    Storage calls `enqueue` inside the transaction that creates the run or makes it due again, so that run and job are
    committed together or not at all. A worker opens the project and calls `Project.proceed(run_id)`.
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


def enqueue_run(queue: RunQueue, connection: Any, run_id: str) -> None:
    """Enqueue a run; any error is raised as an OrchestrationError, which affects this run only."""
    try:
        queue.enqueue(connection, run_id)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        name = getattr(queue, "name", type(queue).__name__)
        raise OrchestrationError(
            f"executor {name!r} did not take the run into its queue: {type(error).__name__}: {error}; "
            "see what provides it: spine plugins list",
            cause=error if isinstance(error, Exception) else None,
        ) from error
