"""The executor: runs go to the queue, the items of a map to threads of the process that executes the run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from spine.core.configured import configured_by
from spine.core.errors import ConfigError
from spine.orchestration.executors.threads import ThreadExecutor
from spine.project import current_project
from spine_executor_procrastinate.config import ProcrastinateConfig
from spine_executor_procrastinate.queue_name import queue_of
from spine_executor_procrastinate.schema import in_schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from spine.orchestration.run_queue import QueueWorker


class ProcrastinateExecutor(ThreadExecutor):
    """Run queue on Procrastinate, in the project's own PostgreSQL database."""

    name = "procrastinate"

    @configured_by(ProcrastinateConfig)
    def __init__(self, options: ProcrastinateConfig) -> None:
        super().__init__(options.max_workers)
        self.config = options
        self._project = _history_name()

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

        self._require_postgresql(connection.dialect.name)
        with in_schema(connection):
            defer(connection, queue_of(self._project, queue), run_id, priority, not_before)

    def work(self, worker: QueueWorker) -> None:
        """Pass the jobs of the project to `worker` until it stops; see WorkerQueue.work.

        Raises ConfigError for a project on another database than PostgreSQL.
        """
        from spine_executor_procrastinate.service import serve

        project = current_project()
        self._require_postgresql(project.database.db_type)
        serve(worker, project, self.config)

    def _require_postgresql(self, database: str) -> None:
        if database != "postgresql":
            raise ConfigError(
                f"the executor {self.name!r} needs a project on PostgreSQL: move this one with spine db copy"
            )


def _history_name() -> str:
    try:
        return current_project().history_name
    except ConfigError:  # made without a project
        return ""
