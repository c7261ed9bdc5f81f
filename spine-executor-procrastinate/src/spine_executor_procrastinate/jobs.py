"""Jobs of Procrastinate: one for each time that a run is enqueued."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from procrastinate import App, BaseRetryStrategy, RetryDecision, SyncPsycopgConnector

if TYPE_CHECKING:
    from procrastinate.jobs import Job
    from sqlalchemy import Connection

TASK = "spine.run"
AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
"""A time to retry at that has come on the database's clock, whatever this machine's says."""


def defer(connection: Connection, queue: str, run_id: str, priority: int, not_before: datetime | None) -> None:
    """Insert a job through the driver's connection, inside its transaction."""
    task = _app().configure_task(
        TASK,
        queue=queue,
        priority=priority,
        schedule_at=not_before,
        connection=connection.connection.driver_connection,
    )
    task.defer(run_id=run_id)


class ComeAgain(BaseRetryStrategy):
    """Retries a job that raised, for as long as it raises: its run is still in the queue."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return a retry at once, or none for a process that ends."""
        is_end = isinstance(exception, asyncio.CancelledError)
        return None if is_end else RetryDecision(retry_at=AT_ONCE)


@cache
def _app() -> App:
    return App(connector=SyncPsycopgConnector())  # which is never opened: jobs go through the caller's connection
