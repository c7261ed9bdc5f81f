"""The executor: runs go to the queue, the items of a map to threads of the process that executes the run."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

from spine.core.configured import configured_by
from spine.core.errors import ConfigError
from spine.orchestration.executors.threads import ThreadExecutor
from spine.project import current_project
from spine_executor_procrastinate.config import ProcrastinateConfig
from spine_executor_procrastinate.schema import in_schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from spine.orchestration.run_queue import QueueWorker


_LONGEST_NAME = 40  # bytes


class ProcrastinateExecutor(ThreadExecutor):
    """Run queue on Procrastinate, in the project's own PostgreSQL database."""

    name = "procrastinate"

    @configured_by(ProcrastinateConfig)
    def __init__(self, options: ProcrastinateConfig) -> None:
        super().__init__(options.max_workers)
        self.config = options

    def enqueue(
        self,
        connection: Connection,
        run_id: str,
        queue: str = "default",
        priority: int = 0,
        not_before: datetime | None = None,
    ) -> None:
        """Insert the job inside the transaction of `connection`; see RunQueue.enqueue.

        Raises ConfigError for a project on another database than PostgreSQL.
        """
        from spine_executor_procrastinate.jobs import defer  # not for `spine plugins list`

        if connection.dialect.name != "postgresql":
            raise ConfigError(f"the executor {self.name!r} needs a project on PostgreSQL: see spine db copy")
        with in_schema(connection):
            defer(connection, queue_of(current_project().history_name, queue), run_id, priority, not_before)

    def work(self, worker: QueueWorker) -> None:
        """Pass the jobs of the project to `worker` until it stops; see WorkerQueue.work."""
        from spine_executor_procrastinate.service import serve

        serve(worker, current_project(), self.config)


def queue_of(project: str, queue: str) -> str:
    """Return the name in Procrastinate of a queue of a project: several projects may share a database.

    A long one ends with a digest: the channel of its notifications has 23 bytes more, and PostgreSQL allows 63.
    """
    name = f"{project}/{queue}"
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name.encode()[: _LONGEST_NAME - 17].decode(errors='ignore')}~{digest}"
